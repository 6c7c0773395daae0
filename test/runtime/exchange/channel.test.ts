/** A channel: order, credit, and control elements that take none. */
import { expect, it } from 'vitest'
import { Channel } from '../../../runtime/exchange/channel.ts'
import { InputGate } from '../../../runtime/exchange/input-gate.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { Batch, type Element, MAX_WATERMARK_MS, MIN_WATERMARK_MS } from '../../../topology/element.ts'

const batch = (...rows: number[]) => new Batch(rows)
const watermark = (timestampMs: number): Element => ({ kind: 'watermark', timestampMs })
const barrier = (checkpointId: bigint): Element => ({ kind: 'barrier', epoch: 1n, checkpointId, triggeredAtMs: 0 })

function takeAll(channel: Channel): (Element | undefined)[] {
  return Array.from({ length: channel.length }, () => channel.take())
}

it('gives elements in order, and has credit again when its reader has caught up', async () => {
  const channel = new Channel({ capacityBytes: 600 })
  const sent: Element[] = [batch(1, 2), watermark(1), batch(3), barrier(1n)]
  for (const element of sent) channel.send(element)
  expect(channel.hasCredit).toBe(false)
  const credit = channel.credit()
  expect(takeAll(channel)).toEqual(sent)
  await credit
  expect(channel.take()).toBeUndefined()
})

it('keeps one watermark of those in a row, and the last real one beside the end of all', () => {
  const channel = new Channel()
  for (let n = 0; n < 100_000; n++) channel.send(watermark(n))
  expect(channel.length).toBe(1)
  channel.send(batch(1))
  for (const timestampMs of [100_000, 100_001, MAX_WATERMARK_MS]) channel.send(watermark(timestampMs))
  expect(takeAll(channel)).toEqual([watermark(99_999), batch(1), watermark(100_001), watermark(MAX_WATERMARK_MS)])
  channel.send(watermark(1))
  expect(takeAll(channel)).toEqual([watermark(1)])
})

it('gives a gate a barrier once it has come by every channel, and nothing from behind it before', () => {
  const channels = [new Channel(), new Channel()] as const
  const gate = new InputGate({
    inputs: [[channels[0]], [channels[1]]],
    watermarkMs: MIN_WATERMARK_MS,
    clock: systemClock,
  })
  for (const element of [barrier(1n), batch(1)]) channels[0].send(element)
  channels[1].send(batch(2))
  expect(gate.poll()).toMatchObject({ input: 1, element: { values: [2] } })
  expect(gate.poll()).toBeUndefined()
  channels[1].send(barrier(1n))
  expect(gate.poll()).toMatchObject({ element: barrier(1n) })
  expect(gate.poll()).toMatchObject({ input: 0, element: { values: [1] } })
})
