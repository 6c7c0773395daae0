/** Bytes that are no frame are refused, whatever is wrong with them, and nothing is allocated for what they only claim. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../../../runtime/exchange/frame/checksum.ts'
import { decodeBatch } from '../../../../runtime/exchange/frame/decode-batch.ts'
import { encodeBatch } from '../../../../runtime/exchange/frame/encode-batch.ts'
import { CHECKED_OFFSET, CHECKSUM_OFFSET, Form, Variety } from '../../../../runtime/exchange/frame/layout.ts'
import { Batch } from '../../../../topology/element.ts'
import { isSluiceError } from '../../../../topology/errors.ts'
import { FRESH_SEED, runs } from '../../../support/scale.ts'
import { anyBatch } from './support.ts'

const anyFrame = anyBatch.map((batch) => Buffer.from(encodeBatch(batch)))

/** Decodes to the last value, by rows and by columns. */
function decodeWhole(bytes: Uint8Array): void {
  const batch = decodeBatch(bytes)
  expect(batch.values).toHaveLength(batch.length)
  if (batch.values.every((row) => row !== null && row !== undefined)) {
    expect(decodeBatch(bytes).column('a')).toHaveLength(batch.length)
  }
}

function expectCorrupt(bytes: Uint8Array): void {
  try {
    decodeWhole(bytes)
  } catch (error) {
    if (isSluiceError(error, 'FRAME_CORRUPT')) return
    throw error
  }
  throw new Error('it was read')
}

it(`refuses frames cut short, seed ${FRESH_SEED}`, () => {
  fc.assert(
    fc.property(anyFrame, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (frame, share) => {
      expectCorrupt(frame.subarray(0, Math.floor(frame.length * share)))
    }),
    runs(10_000),
  )
})

it(`refuses frames with bits flipped, seed ${FRESH_SEED}`, () => {
  const flips = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(anyFrame, flips, (frame, bits) => {
      const changed = Buffer.from(frame)
      for (const bit of bits) flip(changed, bit % (frame.length * 8))
      if (!changed.equals(frame)) expectCorrupt(changed)
    }),
    runs(10_000),
  )
})

it(`reads or refuses what has a right checksum, seed ${FRESH_SEED}`, () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), value: fc.nat() }),
    fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), value: fc.constantFrom(0, 1, 8, 0x7f, 0x80, 0xff) }),
    fc.record({
      kind: fc.constant('word' as const),
      at: fc.nat(),
      value: fc.constantFrom(0, 1, 2 ** 24, 2 ** 31, 2 ** 32 - 1),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.nat() }),
    fc.record({ kind: fc.constant('copy' as const), at: fc.nat(), value: fc.nat() }),
  )
  let read = 0
  let refused = 0
  fc.assert(
    fc.property(anyFrame, fc.array(change, { minLength: 1, maxLength: 4 }), (frame, changes) => {
      let changed = Buffer.from(frame)
      for (const { kind, at, value } of changes) {
        const place = CHECKED_OFFSET + (at % Math.max(1, changed.length - CHECKED_OFFSET))
        if (kind === 'flip') flip(changed, place * 8 + (value % 8))
        else if (kind === 'byte') changed[place % changed.length] = value
        else if (kind === 'word') changed.writeUInt32LE(value, Math.min(place & ~3, changed.length - 4))
        else if (kind === 'cut') changed = changed.subarray(0, Math.max(CHECKED_OFFSET, place))
        else changed.copyWithin(place, CHECKED_OFFSET + (value % changed.length))
      }
      try {
        decodeWhole(signed(changed))
        read++
      } catch (error) {
        expect(isSluiceError(error, 'FRAME_CORRUPT') ? 'FRAME_CORRUPT' : error).toBe('FRAME_CORRUPT')
        refused++
      }
    }),
    runs(10_000),
  )
  expect(read).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

/** A frame of these words behind its prefix, which counts `rows` rows. */
function frameOf(rows: number, ...sections: readonly (readonly number[])[]): Buffer {
  const body = sections.flatMap((words) => (words.length % 2 === 0 ? words : [...words, 0]))
  return signed(Buffer.from(Uint32Array.from([1, 0, rows, 0, ...body]).buffer))
}

const LOTS = 2 ** 31

describe('refuses', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['another version', signed(Buffer.from(Uint32Array.from([2, 0, 0, 0, 0, 0]).buffer))],
    ['attributes it does not know', signed(Buffer.from(Uint32Array.from([1 | (32 << 8), 0, 0, 0, 0, 0]).buffer))],
    ['bytes after the rows', frameOf(0, [Form.mix, 0], [0])],
    ['a form that is none', frameOf(1, [99, 0], [0])],
    ['a variety that is none', frameOf(1, [Form.list | (9 << 8), 0], [0], [Form.mix, 0])],
    ['null outside of a mix', frameOf(LOTS, [Form.null, 0])],
    ['more rows than bytes', frameOf(LOTS, [Form.mix, 1], [0], [LOTS], [Form.null, 0])],
    ['a mix in a mix', frameOf(1, [Form.mix, 1], [0], [1], [Form.mix, 1], [0], [1], [Form.null, 0])],
    ['more parts than bytes', frameOf(1, [Form.mix, LOTS], [0], [1], [Form.null, 0])],
    ['parts that do not add up', frameOf(1, [Form.mix, 1], [0], [LOTS], [Form.null, 0])],
    ['a part that is not there', frameOf(1, [Form.mix, 1], [7], [1], [Form.null, 0])],
    ['a hole outside of an array', frameOf(1, [Form.mix, 1], [0], [1], [Form.hole, 0])],
    ['more text than bytes', frameOf(1, [Form.latin1, LOTS], [1], [0])],
    ['strings beyond their text', frameOf(2, [Form.latin1, 1], [1, LOTS], [0])],
    ['text beyond its strings', frameOf(1, [Form.utf16, 2], [1], [0])],
    ['a bigint of other digits', frameOf(1, [Form.bigint, 0], [Form.latin1, 1], [1], [0x78])],
    ['a bigint of no digits', frameOf(1, [Form.bigint, 0], [Form.latin1, 0], [0])],
    ['a bigint of bigints', frameOf(1, [Form.bigint, 0], [Form.bigint, 0], [Form.latin1, 1], [1], [0x30])],
    ['half an element', frameOf(1, [Form.bytes | (8 << 8), 3], [3], [0])],
    ['an object without fields', frameOf(LOTS, [Form.object, 2], names([]))],
    ['names that are no JSON', frameOf(1, [Form.object, 1], [0x5b])],
    ['names that are no strings', frameOf(1, [Form.object, 3], names([1]), [Form.boolean, 0], [0])],
    ['a name twice', frameOf(1, [Form.object, 9], names(['a', 'a']), [Form.boolean, 0], [0], [Form.boolean, 0], [0])],
    ['more elements than bytes', frameOf(1, [Form.list, LOTS], [LOTS], [Form.null, 0])],
    ['lists beyond their elements', frameOf(1, [Form.list, 1], [2], [Form.boolean, 0], [0])],
    ['elements beyond their lists', frameOf(1, [Form.list, 1], [0], [Form.boolean, 0], [0])],
    [
      'an object whose names are no strings',
      frameOf(1, [Variety.objectEntries, 1], [1], [Form.boolean, 0], [0], [Form.boolean, 0], [0]),
    ],
    [
      'too many levels',
      frameOf(1, ...Array.from({ length: 65 }, () => [[Form.list, 1], [1]]).flat(), [Form.boolean, 0], [0]),
    ],
    ['levels without end', frameOf(1, ...Array.from({ length: 10_000 }, () => [[Form.list, 1], [1]]).flat())],
  ])('%s', (_, bytes) => {
    expectCorrupt(bytes)
  })
})

it('says what it found and what to do', () => {
  const frame = encodeBatch(new Batch([1]))
  frame[12] = 1
  try {
    decodeBatch(frame)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({
      code: 'FRAME_CORRUPT',
      message: 'a batch from another process cannot be read: its checksum is wrong',
      fix: expect.stringContaining('another version of Sluice'),
    })
  }
})

/** As words. */
function names(of: readonly unknown[]): number[] {
  const json = Buffer.alloc(16)
  const length = json.write(JSON.stringify(of))
  return Array.from({ length: Math.ceil(length / 4) }, (_, index) => json.readUInt32LE(index * 4))
}

function flip(bytes: Buffer, bit: number): void {
  bytes[bit >> 3]! ^= 1 << (bit & 7)
}

function signed(frame: Buffer): Buffer {
  frame.writeUInt32LE(checksumOf(frame), CHECKSUM_OFFSET)
  return frame
}
