/** Rows of ten fields or of one, by key into a sink that takes no more than so many: what is before it fills up. */
import { env } from 'node:process'
import { keyBy, map } from '../../../operators/index.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { type TenFields, tenFieldRows } from '../ten-fields.ts'
import { markSink } from './mark-sink.ts'

/** Set in the environment, as JSON: every process of the job reads it. */
export interface PressedSettings {
  readonly fields: 1 | 10
  /** Of each writer. @default all */
  readonly rowsPerSecond?: number
}

export const PRESSED_SETTINGS = 'SLUICE_BENCH_PRESSED'

type Row = Pick<TenFields, 'customer'>

const settings = JSON.parse(env[PRESSED_SETTINGS] ?? '{"fields":10}') as PressedSettings
const wide = tenFieldRows(0, 1 << 15)
const pool: readonly Row[] = settings.fields === 10 ? wide : wide.map(({ customer }) => ({ customer }))

export default topology('pressed', ({ fromSource }) => {
  const row = (position: number) => pool[position % pool.length]!
  fromSource<Row>('orders', () => numberSource({ splits: 4, rows: 2 ** 50, row }))
    .pipe(
      keyBy('customer'),
      map((order) => order),
    )
    .pipe(to(markSink<Row>('orders', settings)))
})
