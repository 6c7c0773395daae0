import { describe, expect, it } from 'vitest'
import { FetchBuffer, type FetchedChunk } from '../../../../../connectors/kafka/driver/client/fetch-buffer.ts'
import type { RecordSet } from '../../../../../connectors/kafka/driver/driver.ts'

const progress = { highWatermark: 100, lastStableOffset: 100, logStartOffset: 0 }

/** One that gives as many sets as it covers offsets. */
function chunk(partition: number, from: number, to: number, sizeBytes = 10): FetchedChunk {
  let next = from
  return {
    sizeBytes,
    nextOffset: to,
    take: () => (next === to ? undefined : ({ partition, length: 1, nextOffset: ++next } as unknown as RecordSet)),
  }
}

function open(offsets: readonly number[], options = { bufferBytes: 100, partitionBytes: 10 }) {
  let rooms = 0
  const buffer = new FetchBuffer(options, () => rooms++)
  buffer.assign(new Map(offsets.map((offset, partition) => [partition, offset])))
  const ticketOf = (partition: number) => buffer.wanted().find((ticket) => ticket.partition === partition)!
  const deliver = (partition: number, to: number, sizeBytes?: number) => {
    const ticket = ticketOf(partition)
    buffer.accept(ticket, progress, chunk(partition, ticket.offset, to, sizeBytes))
  }
  const taken = () => {
    const set = buffer.take()
    return set && ([set.partition, set.nextOffset] as const)
  }
  return { buffer, deliver, taken, ticketOf, rooms: () => rooms }
}

describe('the fetch buffer', () => {
  it('reads on where the last fetch ended, and takes turns among partitions', () => {
    const { deliver, taken, ticketOf } = open([5, 7])
    deliver(0, 8)
    deliver(1, 9)
    expect(ticketOf(0)).toEqual({ partition: 0, offset: 8 })
    deliver(0, 9)
    expect([taken(), taken(), taken(), taken(), taken(), taken(), taken()]).toEqual([
      [0, 6],
      [1, 8],
      [0, 7],
      [1, 9],
      [0, 8],
      [0, 9],
      undefined,
    ])
  })

  it('drops what was asked for before a seek', () => {
    const { buffer, deliver, taken, ticketOf } = open([0])
    deliver(0, 3)
    const before = ticketOf(0)
    buffer.seek(0, 50)
    buffer.accept(before, progress, chunk(0, 3, 6))
    buffer.fail(before, new Error('of the fetch before'))
    expect(taken()).toBeUndefined()
    deliver(0, 51)
    expect(taken()).toEqual([0, 51])
  })

  it('holds what a paused partition has, and asks for no more of it', () => {
    const { buffer, deliver, taken } = open([0, 0])
    deliver(0, 1)
    buffer.pause([0])
    expect(taken()).toBeUndefined()
    expect(buffer.wanted().map(({ partition }) => partition)).toEqual([1])
    buffer.resume([0])
    expect(taken()).toEqual([0, 1])
  })

  it('throws an error once, after what came before it, and stands until a seek', () => {
    const { buffer, deliver, taken, ticketOf } = open([0, 0])
    deliver(0, 1)
    buffer.fail(ticketOf(0), new Error('gone'))
    deliver(1, 1)
    expect([taken(), taken()]).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect(taken).toThrow('gone')
    expect(taken()).toBeUndefined()
    expect(buffer.wanted().map(({ partition }) => partition)).toEqual([1])
    buffer.seek(0, 9)
    deliver(0, 10)
    expect(taken()).toEqual([0, 10])
  })

  it('stands, too, when what was fetched can not be decoded', () => {
    const { buffer, taken, ticketOf } = open([0])
    const take = () => {
      throw new Error('damaged')
    }
    buffer.accept(ticketOf(0), progress, { sizeBytes: 1, nextOffset: 1, take })
    expect(taken).toThrow('damaged')
    expect(taken()).toBeUndefined()
    expect(buffer.wanted()).toEqual([])
  })

  it('has room until it is full, until one partition has its share, and without what is paused', () => {
    const { buffer, deliver, taken, rooms } = open([0, 0])
    expect(buffer.room(buffer.wanted())).toBe(100)
    deliver(0, 1, 40)
    expect(buffer.room(buffer.wanted())).toBe(60)
    deliver(0, 2, 20)
    expect(buffer.room(buffer.wanted())).toBe(0)
    buffer.pause([0])
    expect(buffer.room(buffer.wanted())).toBe(100)
    buffer.resume([0])
    const before = rooms()
    expect([taken(), taken(), taken()]).toEqual([[0, 1], [0, 2], undefined])
    expect(rooms()).toBeGreaterThan(before)
    expect(buffer.room(buffer.wanted())).toBe(100)
  })

  it('asks first for what was served longest ago', () => {
    const { buffer, deliver } = open([0, 0, 0])
    deliver(0, 1)
    deliver(1, 1)
    expect(buffer.wanted().map(({ partition }) => partition)).toEqual([2, 0, 1])
  })

  it('ends a wait when something comes, not when what comes is paused', async () => {
    const { buffer, deliver } = open([0, 0])
    buffer.pause([1])
    let hasEnded = false
    const waiting = buffer.wait(60_000, new AbortController().signal).then(() => {
      hasEnded = true
    })
    buffer.resume([1])
    const tickets = buffer.wanted()
    buffer.pause([1])
    buffer.accept(tickets.find(({ partition }) => partition === 1)!, progress, chunk(1, 0, 1))
    await Promise.resolve()
    expect(hasEnded).toBe(false)
    deliver(0, 1)
    await waiting
  })
})
