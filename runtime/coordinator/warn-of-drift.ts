/** Says which topics of a job are otherwise than it declares: they were there before, and a job changes none. */
import type { Logger } from '../../topology/contract/observability.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { Node } from '../../topology/graph.ts'
import { topicsOf } from '../../topology/plan/topics.ts'
import { topicDrift } from '../../topology/topic-drift.ts'
import { OPTION_NAMES, optionText } from '../config/topic-option.ts'

export async function warnOfDrift(nodes: readonly Node[], topics: TopicSystem, logger: Logger): Promise<void> {
  const declared = new Map(
    topicsOf(nodes)
      .filter(({ options }) => Object.keys(options).length > 0)
      .map(({ name, options }) => [name, options]),
  )
  if (declared.size === 0) return
  for (const description of await topics.describeTopics([...declared.keys()])) {
    const { topic } = description
    for (const { option, declared: wanted, actual } of topicDrift(declared.get(topic)!, description)) {
      logger.warn(
        { event: 'topic-drift', topic, option, declared: wanted, actual: String(actual) },
        `topic '${topic}' has ${OPTION_NAMES[option]} ${optionText(option, actual)}, and the job declares ` +
          `${optionText(option, wanted)}: \`runtime topics alter\` changes it`,
      )
    }
  }
}
