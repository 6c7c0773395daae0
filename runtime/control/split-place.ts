/** Where a job begins and ends reading, as users write it. */
import type { SourceBounds } from '../../topology/contract/source.ts'
import { parseIsoTimestampMs } from '../../topology/schema/index.ts'

export type Place = NonNullable<SourceBounds['from']>

/** What a place should look like, to go after "expected". */
export const PLACE_FORM = 'latest, a time such as 2026-01-31T08:00:00Z or 2026-01-31 (UTC), or offset:1200'

/** @returns undefined when it is none */
export function parsePlace(text: string): Place | undefined {
  if (text === 'earliest' || text === 'latest') return text
  const offset = /^offset:(\d{1,18})$/.exec(text)?.[1]
  if (offset !== undefined) return { offset: BigInt(offset) }
  const group = /^group:(\S{1,249})$/.exec(text)?.[1]
  if (group !== undefined) return { group }
  const timestampMs = parseIsoTimestampMs(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  return Number.isNaN(timestampMs) ? undefined : { timestampMs }
}

/** Where it ends: neither before the earliest record nor where a group happens to be. @returns undefined when it is none */
export function parseEnd(text: string): SourceBounds['until'] {
  const place = parsePlace(text)
  return place === 'earliest' || (typeof place === 'object' && 'group' in place) ? undefined : place
}
