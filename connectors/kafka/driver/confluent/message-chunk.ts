/** Messages of librdkafka as a record set: their keys and values are copied into one buffer. */
import type { Message } from '@confluentinc/kafka-javascript'
import type { RecordHeader } from '../../../../topology/contract/topic.ts'
import type { FetchedChunk } from '../client/fetch-buffer.ts'
import type { RecordSet } from '../driver.ts'

/** What a record takes beside its bytes while it waits as an object. */
const MESSAGE_OVERHEAD_BYTES = 200

/** @param nextOffset behind the last message, or further where nothing readable follows it */
export function messageChunk(partition: number, messages: readonly Message[], nextOffset: number): FetchedChunk {
  let isTaken = false
  return {
    nextOffset,
    sizeBytes: messages.reduce((sum, { size }) => sum + size + MESSAGE_OVERHEAD_BYTES, 0),
    take() {
      if (isTaken) return undefined
      isTaken = true
      return toRecordSet(partition, messages, nextOffset)
    },
  }
}

function toRecordSet(partition: number, messages: readonly Message[], nextOffset: number): RecordSet {
  const { length } = messages
  const set = {
    partition,
    length,
    nextOffset,
    offsets: new Float64Array(length),
    timestampsMs: new Float64Array(length),
    keyStarts: new Int32Array(length),
    keyEnds: new Int32Array(length),
    valueStarts: new Int32Array(length),
    valueEnds: new Int32Array(length),
  }
  const parts: Buffer[] = []
  let end = 0
  const put = (bytes: Buffer | null | undefined, starts: Int32Array, ends: Int32Array, i: number) => {
    starts[i] = bytes === null || bytes === undefined ? -1 : end
    if (bytes) {
      parts.push(bytes)
      end += bytes.length
    }
    ends[i] = end
  }
  for (let i = 0; i < length; i++) {
    const { offset, timestamp, key, value } = messages[i]!
    set.offsets[i] = offset
    set.timestampsMs[i] = timestamp ?? -1
    put(typeof key === 'string' ? Buffer.from(key) : key, set.keyStarts, set.keyEnds, i)
    put(value, set.valueStarts, set.valueEnds, i)
  }
  return { ...set, bytes: Buffer.concat(parts, end), headers: (index) => headersOf(messages[index]!) }
}

function headersOf({ headers }: Message): readonly RecordHeader[] | undefined {
  if (headers === undefined || headers.length === 0) return undefined
  return headers.flatMap((header) =>
    Object.entries(header).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
    })),
  )
}
