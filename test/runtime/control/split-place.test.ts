import { expect, test } from 'vitest'
import { parseEnd, parsePlace } from '../../../runtime/control/split-place.ts'

test.each([
  ['earliest', 'earliest'],
  ['latest', 'latest'],
  ['offset:1200', { offset: 1200n }],
  ['2026-01-31', { timestampMs: Date.UTC(2026, 0, 31) }],
  ['2026-01-31T08:00:00+01:00', { timestampMs: Date.UTC(2026, 0, 31, 7) }],
  ['yesterday', undefined],
  ['offset:-1', undefined],
  ['2026-02-30', undefined],
  ['2026-01-31T08:00:00', undefined],
])('%s', (text, place) => {
  expect(parsePlace(text)).toEqual(place)
})

test('a job can not stop before the earliest record', () => {
  expect(parseEnd('earliest')).toBeUndefined()
  expect(parseEnd('latest')).toBe('latest')
})
