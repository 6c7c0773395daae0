/** The job of the worked example in runtime/stage-server/PROTOCOL.md. */
import { memorySink } from '../../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../../connectors/memory/memory-source.ts'
import { aggregate, count, eventTime, keyBy, single, tumbling, window } from '../../../../operators/index.ts'
import { minutes, seconds } from '../../../../topology/duration.ts'
import { to } from '../../../../topology/to.ts'
import { topology } from '../../../../topology/topology.ts'

interface Click {
  readonly user: string
  readonly atMs: number
}

export default topology('example', ({ fromSource }) => {
  const clicks = fromSource<Click>('clicks', () => memorySource({ splits: [] }))
  const { out: counts } = clicks.pipe(
    eventTime((click) => click.atMs, { outOfOrderness: seconds(1) }),
    keyBy('user'),
    window(tumbling(minutes(1))),
    aggregate({ clicks: count() }),
  )
  counts.pipe(single(), to(memorySink<{ user: string; clicks: bigint }>('counts')))
})
