/** What schemas are called: subjects, and the records in them. */
import type { RegistryTopic } from '../../topology/contract/serde.ts'

/** TopicNameStrategy, unless the topic's format says another. */
export function subjectOf({ name, format }: RegistryTopic): string {
  return format.subject ?? `${name}-value`
}

/** `raw-events` is `raw_events`: names are of letters, digits and _. */
export function recordNameOf({ name, format }: RegistryTopic): string {
  if (format.recordName !== undefined) return format.recordName
  const words = name.replace(/\W/g, '_')
  return /^\d/.test(words) ? `_${words}` : words
}
