/** STYLE's checklist for operators, as scripts with what must come of each. */
import { type Cases, failed, item, nothing, total } from './checklist.ts'
import { JOIN_CASES } from './join-cases.ts'
import { POISON } from './poison.ts'
import { PROCESS_TIMERS } from './process-cases.ts'
import { RANKING_CASES } from './ranking-cases.ts'
import type { SubjectName } from './subjects.ts'
import { SESSIONS, SLIDING } from './window-cases.ts'

export const CASES: Readonly<Record<SubjectName, Cases>> = {
  ...JOIN_CASES,
  ...RANKING_CASES,
  'sliding windows': SLIDING,
  sessions: SESSIONS,

  deduplicate: {
    ...nothing,
    one: { steps: [{ rows: [['a', 10, 1]] }], end: 'drain', expected: { rows: { out: [item('a', 10, 1)] } } },
    many: {
      steps: [
        {
          rows: [
            ['a', 10, 1],
            ['b', 11, 2],
            ['a', 10, 3],
          ],
        },
        {
          rows: [
            ['b', 12, 4],
            ['c', 12, 5],
          ],
        },
      ],
      end: 'drain',
      expected: { rows: { out: [item('a', 10, 1), item('b', 11, 2), item('c', 12, 5)] } },
    },
    error: {
      steps: [{ rows: [['a', 10, 1]] }, { barrier: true }, { rows: [['b', 10, 2]] }, { error: 'the source is gone' }],
      end: 'failure',
      expected: { rows: { out: [item('a', 10, 1)] }, error: { code: 'INTERNAL' } },
    },
    'callback throws': {
      steps: [
        { rows: [['a', 10, 1]] },
        { barrier: true },
        {
          rows: [
            ['b', 10, 2],
            [null, 10, 3],
          ],
        },
      ],
      end: 'failure',
      expected: { rows: { out: [item('a', 10, 1)] }, error: failed('keyBy-1') },
    },
    late: {
      steps: [
        { watermark: 200 },
        {
          rows: [
            ['a', 100, 1],
            ['b', 99, 2],
          ],
        },
      ],
      end: 'drain',
      expected: { rows: { out: [item('a', 100, 1)], late: [item('b', 99, 2)] } },
    },
    watermark: {
      //  event    a@10 ............... a@110 (new record of the same id)
      //  watermark      110 → known     111 → forgotten
      steps: [
        { rows: [['a', 10, 1]] },
        { watermark: 110 },
        { rows: [['a', 110, 2]] },
        { watermark: 111 },
        { rows: [['a', 110, 3]] },
      ],
      end: 'drain',
      expected: { rows: { out: [item('a', 10, 1), item('a', 110, 3)] } },
    },
    barrier: {
      steps: [
        {
          rows: [
            ['a', 10, 1],
            ['b', 120, 2],
          ],
        },
        { watermark: 60 },
        { restart: true },
        {
          rows: [
            ['a', 10, 3],
            ['b', 120, 4],
            ['c', -41, 5],
            ['d', 60, 6],
          ],
        },
        { watermark: 115 },
        { restart: true },
        {
          rows: [
            ['a', 115, 7],
            ['b', 120, 8],
          ],
        },
      ],
      end: 'drain',
      expected: {
        rows: {
          out: [item('a', 10, 1), item('b', 120, 2), item('d', 60, 6), item('a', 115, 7)],
          late: [item('c', -41, 5)],
        },
      },
    },
    'early stop': {
      steps: [{ rows: [['a', 10, 1]] }, { barrier: true }, { rows: [['b', 10, 2]] }],
      end: 'cancel',
      expected: { rows: { out: [item('a', 10, 1)] } },
    },
  },

  'window aggregate': {
    ...nothing,
    one: { steps: [{ rows: [['a', 3, 1]] }], end: 'drain', expected: { rows: { out: [total('a', 0, 1, 1)] } } },
    many: {
      //  a          1   4     |  12
      //  b            3       |
      //  window [0 ─────── 10)[10 ─────── 20)
      steps: [
        {
          rows: [
            ['a', 1, 5],
            ['b', 3, 7],
          ],
        },
        {
          rows: [
            ['a', 12, 100],
            ['a', 4, 6],
          ],
        },
      ],
      end: 'drain',
      expected: { rows: { out: [total('a', 0, 11, 2), total('b', 0, 7, 1), total('a', 10, 100, 1)] } },
    },
    error: {
      steps: [
        { rows: [['a', 1, 1]] },
        { watermark: 14 },
        { barrier: true },
        { rows: [['a', 15, 1]] },
        { watermark: 30 },
        { error: 'the source is gone' },
      ],
      end: 'failure',
      expected: { rows: { out: [total('a', 0, 1, 1)] }, error: { code: 'INTERNAL' } },
    },
    'callback throws': {
      steps: [
        { rows: [['a', 1, 1]] },
        { watermark: 14 },
        { barrier: true },
        {
          rows: [
            ['b', 15, 1],
            ['c', 15, POISON],
          ],
        },
      ],
      end: 'failure',
      expected: { rows: { out: [total('a', 0, 1, 1)] }, error: failed('totals') },
    },
    late: {
      //  window    [0 ──────── 10)
      //  lateness            ░░░░░ 14
      //  wm                  13 → a@5 counted;   14 → closed: a@6 late, a@11 in time
      steps: [
        { rows: [['a', 1, 1]] },
        { watermark: 13 },
        { rows: [['a', 5, 2]] },
        { watermark: 14 },
        {
          rows: [
            ['a', 6, 4],
            ['a', 11, 8],
          ],
        },
      ],
      end: 'drain',
      expected: { rows: { out: [total('a', 0, 3, 2), total('a', 10, 8, 1)], late: [item('a', 6, 4)] } },
    },
    watermark: {
      steps: [
        {
          rows: [
            ['a', 1, 1],
            ['b', 11, 2],
          ],
        },
        { watermark: 14 },
      ],
      end: 'stop',
      expected: { rows: { out: [total('a', 0, 1, 1)] } },
    },
    barrier: {
      steps: [
        {
          rows: [
            ['a', 1, 1],
            ['b', 2, 2],
          ],
        },
        { watermark: 12 },
        { restart: true },
        { rows: [['a', 3, 4]] },
        { watermark: 14 },
        { rows: [['b', 4, 8]] },
        { restart: true },
        {
          rows: [
            ['b', 5, 16],
            ['b', 12, 32],
          ],
        },
      ],
      end: 'drain',
      expected: {
        rows: {
          out: [total('a', 0, 5, 2), total('b', 0, 2, 1), total('b', 10, 32, 1)],
          late: [item('b', 4, 8), item('b', 5, 16)],
        },
      },
    },
    'early stop': {
      steps: [
        { rows: [['a', 1, 1]] },
        { watermark: 14 },
        { barrier: true },
        { rows: [['a', 15, 1]] },
        { watermark: 30 },
      ],
      end: 'cancel',
      expected: { rows: { out: [total('a', 0, 1, 1)] } },
    },
  },

  process: {
    ...nothing,
    one: { steps: [{ rows: [['a', 1, 5]] }], end: 'drain', expected: { rows: { out: [{ key: 'a', total: 5 }] } } },
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
          out: [
            { key: 'a', total: 5 },
            { key: 'a', total: 11 },
            { key: 'b', total: 7 },
            { key: 'b', total: 8 },
          ],
        },
      },
    },
    error: {
      steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 1]] }, { error: 'the source is gone' }],
      end: 'failure',
      expected: { rows: { out: [{ key: 'a', total: 1 }] }, error: { code: 'INTERNAL' } },
    },
    'callback throws': {
      steps: [
        { rows: [['a', 1, 1]] },
        { barrier: true },
        {
          rows: [
            ['a', 1, 1],
            ['b', 1, POISON],
          ],
        },
      ],
      end: 'failure',
      expected: { rows: { out: [{ key: 'a', total: 1 }] }, error: failed('running-sum') },
    },
    /** It judges nobody by time. */
    late: {
      steps: [{ rows: [['a', 100, 1]] }, { watermark: 100 }, { rows: [['a', 1, 2]] }],
      end: 'drain',
      expected: {
        rows: {
          out: [
            { key: 'a', total: 1 },
            { key: 'a', total: 3 },
          ],
        },
      },
    },
    watermark: {
      steps: [{ watermark: 50 }, { rows: [['a', 100, 1]] }, { watermark: 200 }],
      end: 'stop',
      expected: { rows: { out: [{ key: 'a', total: 1 }] } },
    },
    barrier: {
      steps: [
        {
          rows: [
            ['a', 1, 1],
            ['b', 1, 2],
          ],
        },
        { restart: true },
        { rows: [['a', 2, 4]] },
        { restart: true },
        {
          rows: [
            ['b', 3, 8],
            ['a', 3, 16],
          ],
        },
      ],
      end: 'drain',
      expected: {
        rows: {
          out: [
            { key: 'a', total: 1 },
            { key: 'b', total: 2 },
            { key: 'a', total: 5 },
            { key: 'b', total: 10 },
            { key: 'a', total: 21 },
          ],
        },
      },
    },
    'early stop': {
      steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 1]] }],
      end: 'cancel',
      expected: { rows: { out: [{ key: 'a', total: 1 }] } },
    },
  },

  'process timers': PROCESS_TIMERS,

  'async map': {
    ...nothing,
    one: { steps: [{ rows: [['a', 1, 5]] }], end: 'drain', expected: { rows: { out: [{ key: 'a', twice: 10 }] } } },
    many: {
      steps: [
        {
          rows: [
            ['a', 1, 1],
            ['b', 1, 2],
          ],
        },
        { rows: [['a', 2, 3]] },
      ],
      end: 'drain',
      expected: {
        rows: {
          out: [
            { key: 'a', twice: 2 },
            { key: 'a', twice: 6 },
            { key: 'b', twice: 4 },
          ],
        },
      },
    },
    error: {
      steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 2]] }, { error: 'the source is gone' }],
      end: 'failure',
      expected: { rows: { out: [{ key: 'a', twice: 2 }] }, error: { code: 'INTERNAL' } },
    },
    'callback throws': {
      steps: [
        { rows: [['a', 1, 1]] },
        { barrier: true },
        {
          rows: [
            ['a', 1, 1],
            ['b', 1, POISON],
          ],
        },
      ],
      end: 'failure',
      expected: { rows: { out: [{ key: 'a', twice: 2 }] }, error: failed('asked') },
    },
    /** It judges nobody by time. */
    late: {
      steps: [{ rows: [['a', 100, 1]] }, { watermark: 100 }, { rows: [['a', 1, 2]] }],
      end: 'drain',
      expected: {
        rows: {
          out: [
            { key: 'a', twice: 2 },
            { key: 'a', twice: 4 },
          ],
        },
      },
    },
    watermark: {
      steps: [{ watermark: 50 }, { rows: [['a', 100, 1]] }, { watermark: 200 }, { barrier: true }],
      end: 'stop',
      expected: { rows: { out: [{ key: 'a', twice: 2 }] } },
    },
    barrier: {
      steps: [
        { rows: [['a', 1, 1]] },
        { restart: true },
        { rows: [['a', 2, 4]] },
        { restart: true },
        { rows: [['b', 3, 8]] },
      ],
      end: 'drain',
      expected: {
        rows: {
          out: [
            { key: 'a', twice: 2 },
            { key: 'a', twice: 8 },
            { key: 'b', twice: 16 },
          ],
        },
      },
    },
    'early stop': {
      steps: [{ rows: [['a', 1, 1]] }, { barrier: true }, { rows: [['a', 1, 2]] }],
      end: 'cancel',
      expected: { rows: { out: [{ key: 'a', twice: 2 }] } },
    },
  },
}
