/** STYLE's checklist for windows that overlap, and for windows that grow together. */
import { type Cases, failed, item, nothing, total } from './checklist.ts'
import { POISON } from './poison.ts'

/** Of 20 ms, one every 10 ms; lateness 5 ms. */
export const SLIDING: Cases = {
  ...nothing,
  one: {
    steps: [{ rows: [['a', 3, 1]] }],
    end: 'drain',
    expected: { rows: { out: [total('a', -10, 1, 1), total('a', 0, 1, 1)] } },
  },
  many: {
    //  a          1          |  12
    //  b            3        |
    //  windows ────── 10)
    //         [0 ────────────────── 20)
    //                      [10 ─────────── 30)
    steps: [
      {
        rows: [
          ['a', 1, 5],
          ['b', 3, 7],
        ],
      },
      { rows: [['a', 12, 100]] },
    ],
    end: 'drain',
    expected: {
      rows: {
        out: [
          total('a', -10, 5, 1),
          total('a', 0, 105, 2),
          total('a', 10, 100, 1),
          total('b', -10, 7, 1),
          total('b', 0, 7, 1),
        ],
      },
    },
  },
  error: {
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 14 },
      { barrier: true },
      { rows: [['a', 15, 1]] },
      { watermark: 40 },
      { error: 'the source is gone' },
    ],
    end: 'failure',
    expected: { rows: { out: [total('a', -10, 1, 1)] }, error: { code: 'INTERNAL' } },
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
    expected: { rows: { out: [total('a', -10, 1, 1)] }, error: failed('sliding') },
  },
  late: {
    //  wm 14 → [−10, 10) is closed, a@5 has part in [0, 20) only;   24 → [0, 20) too: a@6 late, a@11 in time
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 14 },
      { rows: [['a', 5, 2]] },
      { watermark: 24 },
      {
        rows: [
          ['a', 6, 4],
          ['a', 11, 8],
        ],
      },
    ],
    end: 'drain',
    expected: {
      rows: {
        out: [total('a', -10, 1, 1), total('a', 0, 3, 2), total('a', 10, 8, 1)],
        late: [item('a', 6, 4)],
      },
    },
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
    expected: { rows: { out: [total('a', -10, 1, 1)] } },
  },
  barrier: {
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 14 },
      { restart: true },
      { rows: [['a', 3, 4]] },
      { watermark: 24 },
      { restart: true },
      {
        rows: [
          ['a', 5, 8],
          ['a', 12, 16],
        ],
      },
    ],
    end: 'drain',
    expected: {
      rows: {
        out: [total('a', -10, 1, 1), total('a', 0, 5, 2), total('a', 10, 16, 1)],
        late: [item('a', 5, 8)],
      },
    },
  },
  'early stop': {
    steps: [{ rows: [['a', 1, 1]] }, { watermark: 14 }, { barrier: true }, { rows: [['a', 15, 1]] }, { watermark: 40 }],
    end: 'cancel',
    expected: { rows: { out: [total('a', -10, 1, 1)] } },
  },
}

/** Of a gap of 10 ms; lateness 5 ms. */
export const SESSIONS: Cases = {
  ...nothing,
  one: { steps: [{ rows: [['a', 3, 1]] }], end: 'drain', expected: { rows: { out: [total('a', 3, 1, 1)] } } },
  many: {
    steps: [
      {
        rows: [
          ['a', 1, 5],
          ['b', 3, 7],
          ['a', 30, 1],
        ],
      },
      { rows: [['a', 11, 100]] },
    ],
    end: 'drain',
    expected: { rows: { out: [total('a', 1, 105, 2), total('a', 30, 1, 1), total('b', 3, 7, 1)] } },
  },
  error: {
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 15 },
      { barrier: true },
      { rows: [['a', 30, 1]] },
      { watermark: 60 },
      { error: 'the source is gone' },
    ],
    end: 'failure',
    expected: { rows: { out: [total('a', 1, 1, 1)] }, error: { code: 'INTERNAL' } },
  },
  'callback throws': {
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 15 },
      { barrier: true },
      {
        rows: [
          ['b', 30, 1],
          ['c', 30, POISON],
        ],
      },
    ],
    end: 'failure',
    expected: { rows: { out: [total('a', 1, 1, 1)] }, error: failed('sessions') },
  },
  late: {
    //  wm 14 → [1, 11) is open: a@5 makes it [1, 15);   19 → closed: a@4 is late, a@10 begins another
    steps: [
      { rows: [['a', 1, 1]] },
      { watermark: 14 },
      { rows: [['a', 5, 2]] },
      { watermark: 19 },
      {
        rows: [
          ['a', 4, 4],
          ['a', 10, 8],
        ],
      },
    ],
    end: 'drain',
    expected: { rows: { out: [total('a', 1, 3, 2), total('a', 10, 8, 1)], late: [item('a', 4, 4)] } },
  },
  watermark: {
    steps: [
      {
        rows: [
          ['a', 1, 1],
          ['b', 11, 2],
        ],
      },
      { watermark: 15 },
    ],
    end: 'stop',
    expected: { rows: { out: [total('a', 1, 1, 1)] } },
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
      { watermark: 16 },
      { rows: [['b', 1, 8]] },
      { restart: true },
      { rows: [['a', 13, 16]] },
    ],
    end: 'drain',
    expected: { rows: { out: [total('a', 1, 21, 3), total('b', 2, 2, 1)], late: [item('b', 1, 8)] } },
  },
  'early stop': {
    steps: [{ rows: [['a', 1, 1]] }, { watermark: 15 }, { barrier: true }, { rows: [['a', 30, 1]] }, { watermark: 60 }],
    end: 'cancel',
    expected: { rows: { out: [total('a', 1, 1, 1)] } },
  },
}
