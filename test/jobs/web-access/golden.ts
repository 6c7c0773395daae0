/** Input of the web-access job. It has no windows that a record could come too late for. */
import { simulateAccess } from '../../../jobs/web-access/simulate.ts'
import { type GoldenInput, publishRecords } from '../../support/golden.ts'
import { FIXED_SEED } from '../../support/scale.ts'

export const simulation = { requests: 4_000, seed: FIXED_SEED }

export default {
  async publish(dataDir) {
    const lines = Array.from(simulateAccess(simulation), (line) => ({ key: null, value: Buffer.from(line) }))
    await publishRecords(dataDir, 'web-access', lines)
  },
} satisfies GoldenInput
