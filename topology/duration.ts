/** Durations in milliseconds, spelled as people say them. */

declare const durationType: unique symbol
/** Milliseconds. A plain number is refused, so that nobody has to guess its unit. */
export type DurationMs = number & { readonly [durationType]: true }

export const milliseconds = (count: number): DurationMs => count as DurationMs
export const seconds = (count: number): DurationMs => (count * 1_000) as DurationMs
export const minutes = (count: number): DurationMs => (count * 60_000) as DurationMs
export const hours = (count: number): DurationMs => (count * 3_600_000) as DurationMs
export const days = (count: number): DurationMs => (count * 86_400_000) as DurationMs
