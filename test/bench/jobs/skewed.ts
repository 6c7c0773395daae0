/** Sums per key and window of event time, over keys of which few have most of the rows. */
import { env } from 'node:process'
import {
  aggregate,
  avg,
  count,
  eventTime,
  keyBy,
  sum,
  tumbling,
  twoPhaseAggregate,
  window,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { markSink } from './mark-sink.ts'

/** Set in the environment, as JSON: every process of the job reads it. */
export interface SkewedSettings {
  readonly phases: 1 | 2
  readonly keys: number
  readonly rows: number
}

export const SKEWED_SETTINGS = 'SLUICE_BENCH_SKEWED'
/** Rows of a split in one window. */
export const WINDOW_ROWS = 1 << 16

interface Sale {
  readonly user: number
  readonly amount: number
  readonly at: bigint
}

const { phases, keys, rows } = JSON.parse(env[SKEWED_SETTINGS] ?? '{"phases":1,"keys":1,"rows":0}') as SkewedSettings
// A share x of the keys has the fourth root of x of the rows.
const users = Int32Array.from({ length: WINDOW_ROWS }, (_, index) =>
  Math.floor(keys * (((index * 40_503) % WINDOW_ROWS) / WINDOW_ROWS) ** 4),
)
const row = (position: number): Sale => ({
  user: users[position % WINDOW_ROWS]!,
  amount: position % 1000,
  at: BigInt(position) * 1000n,
})
const AGGREGATES = {
  sales: count(),
  total: sum<Sale, 'amount'>('amount'),
  mean: avg<Sale, 'amount'>('amount'),
}

export default topology('skewed', ({ fromSource }) => {
  const windowed = fromSource<Sale>('sales', () => numberSource({ splits: 2, rows: rows / 2, row })).pipe(
    eventTime('at', { outOfOrderness: milliseconds(0) }),
    keyBy('user'),
    window(tumbling(milliseconds(WINDOW_ROWS))),
  )
  const { out } =
    phases === 1
      ? aggregate<typeof windowed, typeof AGGREGATES>(AGGREGATES)(windowed)
      : twoPhaseAggregate<typeof windowed, typeof AGGREGATES>(AGGREGATES)(windowed)
  out.pipe(to(markSink<any>('totals', { markEvery: 1 })))
})
