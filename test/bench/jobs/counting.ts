/** Counts numbers by key: a source, an exchange, state of so many keys, and a sink that forgets. */
import { env } from 'node:process'
import { z } from 'zod'
import { keyBy, process } from '../../../operators/index.ts'
import { int } from '../../../topology/schema/index.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { markSink } from './mark-sink.ts'

const SPLITS = 4

/** Set in the environment, as JSON: every process of the job reads it. */
export interface CountingSettings {
  readonly keys: number
  /** Once every key is there, only so many of them come. @default all */
  readonly hotKeys?: number
  /** In all. @default without end */
  readonly rows?: number
  /** Once every key is there. @default as fast as they are taken */
  readonly rowsPerSecond?: number
}

export const COUNTING_SETTINGS = 'SLUICE_BENCH_COUNTING'

const {
  keys,
  hotKeys = keys,
  rows = 2 ** 50,
  rowsPerSecond,
} = JSON.parse(env[COUNTING_SETTINGS] ?? '{"keys":1}') as CountingSettings

export default topology('counting', ({ fromSource }) => {
  const row = (position: number, split: number) => {
    const n = position * SPLITS + split
    return { key: n % (n < keys ? keys : hotKeys) }
  }
  const pace = rowsPerSecond === undefined ? {} : { unpacedRows: keys / SPLITS, rowsPerSecond }
  fromSource<{ readonly key: number }>('numbers', () =>
    numberSource({ splits: SPLITS, rows: Math.floor(rows / SPLITS), row, ...pace }),
  )
    .pipe(
      keyBy('key'),
      process({
        name: 'count',
        state: { count: valueState('count', { schema: int(), default: 0 }) },
        output: z.object({ key: int(), count: int() }),
        onRecord(_record, { key, state, emit }) {
          emit({ key, count: state.count.update((count) => count + 1) })
        },
      }),
    )
    .pipe(to(markSink<{ key: number; count: number }>('counts')))
})
