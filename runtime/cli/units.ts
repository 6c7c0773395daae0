/** Quantities for people. */

/** `1,234,567` */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

/** `12.3 MB`, decimal units. */
export function formatBytes(sizeBytes: number | bigint): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = Number(sizeBytes)
  let unit = 0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** ISO 8601 in UTC, to the millisecond. */
export function formatTime(timestampMs: number): string {
  const date = new Date(timestampMs)
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString()
}

/** `250 ms`, `4.2 s`, `3 min 5 s`, `2 h 3 min`, `1 d 4 h`: two units at most. */
export function formatElapsed(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1_000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
