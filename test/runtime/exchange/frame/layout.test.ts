/** A frame as layout.ts draws it, written down by hand: what a reader in another language is held against. */
import { expect, it } from 'vitest'
import { decodeBatch } from '../../../../runtime/exchange/frame/decode-batch.ts'
import { encodeBatch } from '../../../../runtime/exchange/frame/encode-batch.ts'
import { Batch } from '../../../../topology/element.ts'

const batch = new Batch(
  [
    { id: 'a', price: 1.5 },
    { id: 'bc', price: null },
  ],
  {
    timestampsMs: Float64Array.of(1000, 2000),
    keyGroups: Uint16Array.of(7, 9),
    kinds: Uint8Array.of(0, 3),
    origin: 't-0@5',
    keys: ['a', 'bc'],
  },
)

const FRAME = `
  01 1f 00 00 c2 90 bc ba  version 1, all five attributes, checksum
  02 00 00 00 00 00 00 00  2 rows
  00 00 00 00 00 40 8f 40  timestampsMs: 1000
  00 00 00 00 00 40 9f 40                2000
  07 00 09 00 00 00 00 00  keyGroups
  00 03 00 00 00 00 00 00  kinds
  09 00 00 00 05 00 00 00  origin: latin1 of 5 characters
  05 00 00 00 00 00 00 00
  74 2d 30 40 35 00 00 00    t-0@5
  09 00 00 00 03 00 00 00  keys: latin1 of 3 characters
  01 00 00 00 02 00 00 00    1 and 2 of them
  61 62 63 00 00 00 00 00    abc
  0d 00 00 00 0e 00 00 00  rows: objects, their names in 14 bytes
  5b 22 69 64 22 2c 22 70    ["id","p
  72 69 63 65 22 5d 00 00    rice"]
  09 00 00 00 03 00 00 00  id: latin1 of 3 characters
  01 00 00 00 02 00 00 00
  61 62 63 00 00 00 00 00
  00 00 00 00 02 00 00 00  price: a mix of 2 parts
  00 01 00 00 00 00 00 00    the first value in part 0, the second in part 1
  01 00 00 00 01 00 00 00    a value each
  06 00 00 00 00 00 00 00    part 0: float64
  00 00 00 00 00 00 f8 3f      1.5
  01 00 00 00 00 00 00 00    part 1: null`

const bytes = Buffer.from(
  FRAME.trim()
    .split('\n')
    .map((line) => line.trim().slice(0, 23).replaceAll(' ', ''))
    .join(''),
  'hex',
)

it('is written so', () => {
  expect(Buffer.from(encodeBatch(batch)).toString('hex')).toBe(bytes.toString('hex'))
})

it('is read so', () => {
  const { values, timestampsMs, keyGroups, kinds, origin, keys } = decodeBatch(bytes)
  expect({ values, timestampsMs, keyGroups, kinds, origin, keys }).toStrictEqual({
    values: batch.values,
    timestampsMs: batch.timestampsMs,
    keyGroups: batch.keyGroups,
    kinds: batch.kinds,
    origin: batch.origin,
    keys: batch.keys,
  })
})
