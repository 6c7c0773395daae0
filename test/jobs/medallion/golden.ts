/** Input of the medallion job. */
import type { GoldenInput } from '../../support/golden.ts'
import { publishDays } from '../../support/medallion.ts'
import { GOLD_AND_LATE } from '../../support/medallion-checks.ts'
import { FIXED_SEED } from '../../support/scale.ts'

export default {
  publish: (dataDir, late) =>
    publishDays(dataDir, { events: 4_000, seed: FIXED_SEED, without: late ? [] : ['late', 'expired'] }),
  goldAndLate: GOLD_AND_LATE,
} satisfies GoldenInput
