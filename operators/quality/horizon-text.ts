/** A horizon as a reason spells it. */
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** `24 hours` of 86,400,000 ms: in the largest unit that divides it into whole ones, days from two on. */
export function formatHorizon(durationMs: number): string {
  for (const [unit, unitMs] of UNITS) {
    const count = durationMs / unitMs
    if (Number.isInteger(count) && (unit !== 'day' || count > 1)) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return `${durationMs} ms`
}
