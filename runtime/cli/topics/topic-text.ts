/** Topics and their options, for people and for programs. */
import type { TopicDescription, TopicOptions } from '../../../topology/contract/topic.ts'
import type { TopicDrift } from '../../../topology/topic-drift.ts'
import { formatDuration } from '../../config/duration.ts'
import { textTable } from '../text-table.ts'

const NAMES: Readonly<Record<keyof TopicOptions, string>> = {
  partitions: 'partitions',
  replicationFactor: 'replication factor',
  retentionMs: 'retention',
  cleanupPolicy: 'cleanup policy',
}

/** `7d` of a retention, `forever` where there is none. */
export function optionText(option: keyof TopicOptions, value: number | string | undefined): string {
  if (option !== 'retentionMs') return String(value ?? '')
  return value === undefined || value === Number.POSITIVE_INFINITY ? 'forever' : formatDuration(value as number)
}

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
      NAMES[option],
      optionText(option, actual),
      optionText(option, declared),
    ]),
  )
  return textTable(['topic', '', 'is', 'declared'], rows)
}
