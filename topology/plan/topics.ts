/** The topics that a job reads and writes, as it declares them. */
import type { RegistryTopic } from '../contract/serde.ts'
import { TopologyError } from '../errors.ts'
import type { Node } from '../graph.ts'
import { needsRegistry } from '../serde.ts'
import type { Topic, TopicReference } from '../topic.ts'

/**
 * Each topic once, in the order of the nodes; what several declarations say of it, together.
 *
 * @throws {TopologyError} `TOPIC_DECLARED_TWICE` when two of them contradict each other
 */
export function topicsOf(nodes: readonly Node[]): readonly TopicReference[] {
  const topics = new Map<string, TopicReference>()
  for (const { topic } of usesOf(nodes)) {
    const { name, options } = topic
    topics.set(name, { name, options: together(name, topics.get(name)?.options ?? {}, options) })
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

/** A topic as the job reads it, or else as it writes it; it is made as {@link topicsOf} says. */
export function declarationOf(nodes: readonly Node[], name: string): Topic<any> | undefined {
  const uses = [...usesOf(nodes)].filter(({ topic }) => topic.name === name)
  const { topic } = uses.find(({ use }) => use === 'read') ?? uses[0] ?? {}
  return topic && { ...topic, ...topicsOf(nodes).find((each) => each.name === name) }
}

/** The topics whose schemas are in a registry. */
export function registryTopicsOf(nodes: readonly Node[]): {
  readonly read: readonly RegistryTopic[]
  readonly written: readonly RegistryTopic[]
} {
  const read: RegistryTopic[] = []
  const written: RegistryTopic[] = []
  for (const { use, topic } of usesOf(nodes)) {
    if (needsRegistry(topic)) (use === 'read' ? read : written).push(topic)
  }
  return { read, written }
}

function* usesOf(nodes: readonly Node[]): Generator<{ readonly use: 'read' | 'written'; readonly topic: Topic<any> }> {
  for (const { behaviour } of nodes) {
    if (behaviour.type === 'source' && behaviour.source.kind === 'topic')
      yield { use: 'read', topic: behaviour.source.topic }
    if (behaviour.type === 'sink' && behaviour.sink.kind === 'topic')
      yield { use: 'written', topic: behaviour.sink.topic }
  }
}
