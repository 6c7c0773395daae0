/** An event as a line of canonical JSON: what topics and other engines are fed with. */
import type { NexmarkEvent } from '../schemas.ts'

const KINDS = ['person', 'auction', 'bid'] as const

/**
 * Keys in the order of the schemas, no spaces, whole numbers, one line feed at the end; only the kind that the event is.
 *
 * @example {"event_type":2,"bid":{"auction":1000,"bidder":1008,…}}
 */
export function eventLine(event: NexmarkEvent): string {
  const kind = KINDS[event.event_type]!
  return `{"event_type":${event.event_type},"${kind}":${JSON.stringify(event[kind])}}\n`
}
