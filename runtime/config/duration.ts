/** Durations as people write them: `500ms`, `10s`, `1m`, `2h`, `7d`. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'a duration such as 500ms, 10s, 1m, 2h or 7d'

/** As people write it, in the largest unit that leaves no fraction: 7d of 604,800,000. */
export function formatDuration(durationMs: number): string {
  const [unit, unitMs] = Object.entries(UNIT_MS).findLast(([, ms]) => durationMs % ms === 0) ?? ['ms', 1]
  return `${durationMs / unitMs}${unit}`
}

/** Milliseconds of a duration, or undefined when it is none. A number without a unit is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim())
  if (match === null) return undefined
  const durationMs = Number(match[1]) * UNIT_MS[match[2]!]!
  return Number.isSafeInteger(durationMs) ? durationMs : undefined
}
