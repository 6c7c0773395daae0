/** Frames come out of a byte stream whole, however it is cut. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameAssembler } from '../../../runtime/transport/frame-assembler.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

function prefixed(frame: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32LE(frame.length)
  return Buffer.concat([prefix, frame])
}

it(`puts frames together, seed ${FRESH_SEED}`, () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 50 })),
      (frames, cuts) => {
        const stream = Buffer.concat([...frames.map(prefixed), Buffer.alloc(4, 0xff), Buffer.from('more')])
        const assembler = new FrameAssembler(40)
        const found: Uint8Array[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          const chunk = Buffer.from(stream.subarray(at, at + cut))
          at += chunk.length
          found.push(...assembler.push(chunk))
          // The socket reads into the same memory again.
          chunk.fill(0)
        }
        expect(found.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
        expect(assembler.isDone).toBe(true)
      },
    ),
    runs(10_000),
  )
})

it('begins every frame where typed arrays can lie over it', () => {
  const assembler = new FrameAssembler(1 << 20)
  const lengths = [3, 1, 100, 5000, 7, 100_000, 2]
  const frames = assembler.push(Buffer.concat(lengths.map((length) => prefixed(Buffer.alloc(length)))))
  expect(frames.map((frame) => frame.length)).toEqual(lengths)
  expect(frames.map((frame) => frame.byteOffset % 8)).toEqual(lengths.map(() => 0))
})

it('refuses a frame that is too long before it makes room for it', () => {
  const assembler = new FrameAssembler(1000)
  expect(assembler.push(prefixed(Buffer.alloc(1000)))).toHaveLength(1)
  expect(() => assembler.push(Buffer.from([0xe9, 0x03, 0, 0]))).toThrow(
    expect.objectContaining({ code: 'FRAME_TOO_LARGE', details: { length: 1001, maxFrameBytes: 1000 } }),
  )
})
