/** The topics that a job reads and writes, as it declares them. */
import { TopologyError } from '../errors.ts'
import type { Node } from '../graph.ts'
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
