/** Topics, for people and for programs. */
import type { TopicDescription } from '../../../topology/contract/topic.ts'
import type { TopicDrift } from '../../../topology/topic-drift.ts'
import { OPTION_NAMES, optionText } from '../../config/topic-option.ts'
import { textTable } from '../text-table.ts'

/** Null for what a system does not have, and for a retention that never ends. */
export function jsonOf(description: TopicDescription) {
  const { retentionMs = null, replicationFactor = null, cleanupPolicy = null } = description
  return { ...description, retentionMs, replicationFactor, cleanupPolicy }
}

/** A line for each difference. */
export function driftTable(
  topics: readonly { readonly topic: string; readonly drift: readonly TopicDrift[] }[],
): string {
  const rows = topics.flatMap(({ topic, drift }) =>
    drift.map(({ option, actual, declared }) => [
      topic,
      OPTION_NAMES[option],
      optionText(option, actual),
      optionText(option, declared),
    ]),
  )
  return textTable(['topic', '', 'is', 'declared'], rows)
}
