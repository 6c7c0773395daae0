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
