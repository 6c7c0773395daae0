import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameAssembler } from '../../../../../connectors/kafka/driver/kafkajs/frame-socket.ts'
import { runs } from '../../../../support/scale.ts'

function frameOf(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

describe('the frame assembler', () => {
  it('gives the frames that were sent, however the bytes come', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 })
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (bodies, cuts) => {
        const sent = bodies.map(frameOf)
        const bytes = Buffer.concat(sent)
        const received: Buffer[] = []
        const assembler = new FrameAssembler((frame) => received.push(frame))
        const reused = Buffer.alloc(30)
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = bytes.copy(reused, 0, at, at + cuts[i % cuts.length]!)
          assembler.append(reused, length)
          at += length
        }
        reused.fill(0xff)
        expect(received).toEqual(sent)
      }),
      runs(10_000),
    )
  })

  it('refuses what is no frame of Kafka', () => {
    const assembler = new FrameAssembler(() => {})
    const http = Buffer.from('HTTP/1.1 400 Bad Request')
    expect(() => assembler.append(http, http.length)).toThrow('does not speak the protocol of Kafka')
  })
})
