/** Rows of ten fields across one exchange, read field by field at the sink. */
import { env } from 'node:process'
import { keyBy, map, rebalance } from '../../../operators/index.ts'
import { subtaskOf } from '../../../runtime/state/key-group-range.ts'
import { KEY_GROUPS_DEFAULT, keyGroupOf } from '../../../topology/key.ts'
import type { Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { type TenFields, tenFieldRows, touchRows } from '../ten-fields.ts'
import { markSink } from './mark-sink.ts'

/** Set in the environment, as JSON: every process of the job reads it. */
export interface CrossingSettings {
  /**
   * `hash`: one source subtask, on the first worker, and keys that are all the second's. `rebalance`: a source and a sink
   * on each worker, and half of the rows cross.
   */
  readonly by: 'hash' | 'rebalance'
  readonly rows: number
  readonly markEvery: number
}

export const CROSSING_SETTINGS = 'SLUICE_BENCH_CROSSING'

const { by, rows, markEvery } = JSON.parse(
  env[CROSSING_SETTINGS] ?? '{"by":"hash","rows":0,"markEvery":1}',
) as CrossingSettings
const WORKERS = 2
const splits = by === 'hash' ? 1 : WORKERS
const ofSecond = ({ customer }: TenFields) =>
  subtaskOf(keyGroupOf(customer, KEY_GROUPS_DEFAULT), WORKERS, KEY_GROUPS_DEFAULT) === 1
const pool = tenFieldRows(0, 1 << 16).filter((order) => by === 'rebalance' || ofSecond(order))

export default topology('crossing', ({ fromSource }) => {
  const row = (position: number) => pool[position % pool.length]!
  const orders = fromSource<TenFields>('orders', () => numberSource({ splits, rows: rows / splits, row }))
  const dealt: Stream<TenFields> =
    by === 'hash'
      ? orders.pipe(
          keyBy('customer'),
          map((order) => order),
        )
      : orders.pipe(rebalance())
  dealt.pipe(to(markSink<TenFields>('orders', { look: touchRows, markEvery })))
})
