/** The options of a topic, for people. */
import type { TopicOptions } from '../../topology/contract/topic.ts'
import { formatDuration } from './duration.ts'

export const OPTION_NAMES: Readonly<Record<keyof TopicOptions, string>> = {
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
