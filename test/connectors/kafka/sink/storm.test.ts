/** The sink under all that can befall it, in an order that a seed decides. */
import { expect, test } from 'vitest'
import { FIXED_SEED, FRESH_SEED, scale } from '../../../support/scale.ts'
import { storm } from './storm.ts'

const RUNS = scale(10_000)
const RUNS_PER_TEST = 100
const counts: Record<string, number> = {}

/** Half of them the same in every run. */
const seedOf = (n: number) => (n % 2 === 0 ? FIXED_SEED : FRESH_SEED) + (n >> 1)

test.for(Array.from({ length: Math.ceil(RUNS / RUNS_PER_TEST) }, (_, chunk) => chunk * RUNS_PER_TEST))(
  `of ${RUNS} storms (from ${FIXED_SEED} and ${FRESH_SEED}), those from the %ith on end with each record once`,
  async (first) => {
    const failures: string[] = []
    for (let n = first; n < Math.min(first + RUNS_PER_TEST, RUNS); n++) {
      const outcome = await storm(seedOf(n))
      for (const [what, count] of Object.entries(outcome.counts)) counts[what] = (counts[what] ?? 0) + count
      if (outcome.violations.length > 0) failures.push(`seed ${seedOf(n)}: ${outcome.violations.join('\n')}`)
    }
    expect(failures, failures.join('\n')).toEqual([])
  },
)

test('they met every kind of fault', () => {
  console.log(`${RUNS} storms:`, counts)
  expect(EXPECTED.filter((what) => !((counts[what] ?? 0) > 0))).toEqual([])
})

const EXPECTED = [
  'killed',
  'stopped',
  'markers compacted',
  'partition added',
  'transaction timed out',
  'ended: FENCED',
  'log: producer-replaced',
  'log: markers-held',
  'kafka-sink.after-spill',
  'kafka-sink.after-init',
  'kafka-sink.after-fence',
  'kafka-sink.after-produce',
  'kafka-sink.before-end',
  'kafka-sink.after-end',
  'kafka-sink.before-removal',
  'init-producer: late',
  'produce: late',
  'end-transaction: lost',
  'end-transaction: late',
  'end-transaction: reply lost',
]
