/** Publishing dead letters again is a job: what it guarantees is what every job does. */
import { createHash } from 'node:crypto'
import { boolean } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { OutgoingRecord, TopicSystem } from '../../topology/contract/topic.ts'
import { Batch } from '../../topology/element.ts'
import { append, type Stream } from '../../topology/stream.ts'
import { to } from '../../topology/to.ts'
import { type Topology, topology } from '../../topology/topology.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import { letterSource } from './letter-source.ts'

export interface ReplayOptions {
  readonly letters: DeadLetters
  readonly table: string
  /** Whose letters. */
  readonly from: string
  /** The topic that they go to. */
  readonly to: string
  readonly topics: TopicSystem
  /** Names this run, and its attempts. */
  readonly run: string
}

/**
 * From a table to a topic, each letter once, over all runs: which have gone is keyed state of the job, and lies in the
 * same checkpoint as the records that its sink owes. A run that is killed between the two leaves both or neither, and the
 * next one goes on from there: the topic's committer knows by epoch and checkpoint what it has appended.
 *
 * A job of its own per table, topic of origin and target: one letter may go to several topics.
 */
export function replayJob(options: ReplayOptions): Topology {
  const { letters, from: origin, to: target, topics, run } = options
  const backHome = origin === target
  return topology(jobName(options), ({ fromSource }) => {
    const source = fromSource<DeadLetter>('letters', () => letterSource(letters, origin, run))
    const keyed = append<Stream<DeadLetter>>(source, {
      kind: 'keyBy',
      behaviour: { type: 'key', fn: (letter: DeadLetter) => letter.origin },
      columns: { out: 'same' },
      key: 'gives',
    })
    append<Stream<OutgoingRecord>>(keyed, {
      uid: 'replayed',
      kind: 'once',
      behaviour: { type: 'operator', create: (context) => createOnce(context, backHome) },
      stateful: true,
      key: 'needs',
    }).pipe(to<OutgoingRecord>({ name: target, create: () => topics.sink(target) }))
  })
}

/** Sortable beside those of others, and different for each table, topic and target. */
export function jobName({ table, from, to: target }: Pick<ReplayOptions, 'table' | 'from' | 'to'>): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([table, from, target]))
    .digest('hex')
    .slice(0, 8)
  return `replay-${table.replaceAll('.', '-').slice(0, 40)}-${hash}`
}

function createOnce(context: OperatorContext, backHome: boolean): Operator {
  const replayed = context.state.keyed<boolean>({ name: 'replayed', codec: boolean })
  return {
    onBatch({ values, keys, keyGroups }: Batch<DeadLetter>) {
      const records: OutgoingRecord[] = []
      for (let index = 0; index < values.length; index++) {
        const [group, key] = [keyGroups![index]!, keys![index]!]
        if (replayed.get(0, group, key) !== undefined) continue
        replayed.set(0, group, key, true)
        records.push(recordOf(values[index]!, backHome))
      }
      context.emit('out', new Batch(records))
    },
  }
}

/** One without a key goes back to the partition that it came from, which may be its key's: bronze does not keep that. */
function recordOf({ record, partition }: DeadLetter, backHome: boolean): OutgoingRecord {
  return backHome && record.key === null ? { ...record, partition } : record
}
