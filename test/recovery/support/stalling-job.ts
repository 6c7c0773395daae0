/** Numbers, counted by key, through three stages into a sink that the test makes stall. */
import { env } from 'node:process'
import { keyBy, process, rebalance } from '../../../operators/index.ts'
import { int } from '../../../topology/schema/index.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { type Numbered, numberSink } from './number-sink.ts'

const SPLITS = 8
/** More than any run reads. */
export const NUMBERS_PER_SPLIT = 2 ** 29
const KEYS = 10_000

interface Keyed extends Numbered {
  readonly key: number
}

export default topology('stalling', ({ fromSource }) => {
  const row = (position: number, split: number) => ({ n: split * NUMBERS_PER_SPLIT + position, key: position % KEYS })
  fromSource<Keyed>('numbers', () => numberSource({ splits: SPLITS, rows: NUMBERS_PER_SPLIT, row }))
    .pipe(
      keyBy('key'),
      process({
        name: 'counted',
        state: { count: valueState('count', { schema: int(), default: 0 }) },
        onRecord(record, { state, emit }) {
          state.count.update((count) => count + 1)
          emit(record)
        },
      }),
      rebalance(),
    )
    .pipe(to(numberSink<Keyed>('numbers', env['SLUICE_TEST_SINK']!)))
})
