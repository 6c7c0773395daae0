/** How long a source is read record by record. */
import { expect, it } from 'vitest'
import { CarefulReading } from '../../../runtime/worker/careful-reading.ts'
import type { SourceReader } from '../../../topology/contract/source.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const poison = { split: 'numbers-0', position: '5', uid: 'map-1', code: 'OPERATOR_FAILED', error: 'too much' }

it.each([
  [6, false],
  ['6', false],
  ['5', true],
  ['4', true],
  ['12', false],
  ['somewhere', true],
])('from %s on, a quarantined record 5 is still to come: %s', (position, isToCome) => {
  const splits = [{ id: 'numbers-0', index: 0, start: '0', position }]
  const reading = new CarefulReading({
    reader: {} as SourceReader,
    poison: [poison],
    suspects: 0,
    clock: new ManualClock(),
  })
  reading.add(splits)
  expect(reading.maxRows === 1).toBe(isToCome)
})
