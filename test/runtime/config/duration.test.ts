/** Durations as people write them, read and written. */
import { expect, it } from 'vitest'
import { formatDuration, parseDurationMs } from '../../../runtime/config/duration.ts'

it.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['90s', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('%s is %i ms, both ways', (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs)
  expect(formatDuration(durationMs)).toBe(text)
})

it.each(['10', 's', '-1s', '1 week', ''])('%j is none', (text) => {
  expect(parseDurationMs(text)).toBeUndefined()
})
