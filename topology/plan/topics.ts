/** The topics that a job reads and writes, as it declares them. */
import type { RegistryTopic } from '../contract/serde.ts'
import { TopologyError } from '../errors.ts'
import type { Node } from '../graph.ts'
import { needsRegistry } from '../serde.ts'
import type { TopicReference } from '../topic.ts'

/**
 * Each topic once, in the order of the nodes; what several declarations say of it, together.
 *
 * @throws {TopologyError} `TOPIC_DECLARED_TWICE` when two of them contradict each other
 */
export function topicsOf(nodes: readonly Node[]): readonly TopicReference[] {
  const topics = new Map<string, TopicReference>()
  for (const { behaviour } of nodes) {
    const end = behaviour.type === 'source' ? behaviour.source : behaviour.type === 'sink' ? behaviour.sink : undefined
    if (end?.kind !== 'topic') continue
    const { name, topic } = end
    topics.set(name, { name, options: together(name, topics.get(name)?.options ?? {}, topic.options) })
  }
  return [...topics.values()]
}

function together(name: string, one: TopicReference['options'], other: TopicReference['options']) {
  for (const option of Object.keys(other) as (keyof typeof other)[]) {
    if (one[option] === undefined || one[option] === other[option]) continue
    throw new TopologyError(
      'TOPIC_DECLARED_TWICE',
      `topic '${name}' is declared with ${option} ${one[option]}, and with ${other[option]}`,
      { fix: 'Declare it once, in a constant, and use that in from() and to().', details: { topic: name } },
    )
  }
  return { ...one, ...other }
}

/** The topics whose schemas are in a registry. */
export function registryTopicsOf(nodes: readonly Node[]): {
  readonly read: readonly RegistryTopic[]
  readonly written: readonly RegistryTopic[]
} {
  const read: RegistryTopic[] = []
  const written: RegistryTopic[] = []
  for (const { behaviour } of nodes) {
    if (behaviour.type === 'source' && behaviour.source.kind === 'topic' && needsRegistry(behaviour.source.topic))
      read.push(behaviour.source.topic)
    if (behaviour.type === 'sink' && behaviour.sink.kind === 'topic' && needsRegistry(behaviour.sink.topic))
      written.push(behaviour.sink.topic)
  }
  return { read, written }
}
