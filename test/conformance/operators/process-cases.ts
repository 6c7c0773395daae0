/** STYLE's checklist for timers, side outputs and state that expires. */
import { type Cases, failed, nothing } from './checklist.ts'
import { POISON } from './poison.ts'

const out = (key: string, n: number) => ({ key, n })
const told = (key: string, ...recent: number[]) => ({ key, recent })

export const PROCESS_TIMERS: Cases = {
  ...nothing,
  /** A drain fires what is there. */
  one: {
    steps: [{ rows: [['a', 1, 5]] }],
    end: 'drain',
    expected: { rows: { out: [out('a', 5)], told: [told('a', 5)] } },
  },
  many: {
    steps: [
      {
        rows: [
          ['a', 1, 5],
          ['b', 1, 7],
          ['a', 2, 6],
        ],
      },
      { rows: [['b', 3, 1]] },
    ],
    end: 'drain',
    expected: {
      rows: {
        out: [out('a', 5), out('a', 6), out('b', 1), out('b', 7)],
        told: [told('a', 5, 6), told('b', 7, 1)],
      },
    },
  },
  error: {
    steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 2]] }, { error: 'the source is gone' }],
    end: 'failure',
    expected: { rows: { out: [out('a', 1)] }, error: { code: 'INTERNAL' } },
  },
  'callback throws': {
    steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, POISON]] }],
    end: 'failure',
    expected: { rows: { out: [out('a', 1)] }, error: failed('told') },
  },
  /** A timer that the watermark has passed fires at once. */
  late: {
    steps: [{ watermark: 100 }, { rows: [['a', 50, 1]] }],
    end: 'stop',
    expected: { rows: { out: [out('a', 1)], told: [told('a', 1)] } },
  },
  watermark: {
    steps: [{ rows: [['a', 100, 1]] }, { watermark: 109 }, { rows: [['a', 105, 2]] }, { watermark: 110 }],
    end: 'stop',
    expected: { rows: { out: [out('a', 1), out('a', 2)], told: [told('a', 1, 2)] } },
  },
  /** The first record has expired when the timer fires, the second when the third comes. */
  barrier: {
    steps: [
      { rows: [['a', 100, 1]] },
      { restart: true },
      { rows: [['a', 119, 2]] },
      { restart: true },
      { watermark: 130 },
      { rows: [['a', 140, 3]] },
      { restart: true },
      { watermark: 150 },
    ],
    end: 'stop',
    expected: { rows: { out: [out('a', 1), out('a', 2), out('a', 3)], told: [told('a', 2), told('a', 3)] } },
  },
  'early stop': {
    steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 1]] }],
    end: 'cancel',
    expected: { rows: { out: [out('a', 1)] } },
  },
}
