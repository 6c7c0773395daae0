/** From the rows of a stream to the records of a topic: what `to(topic(…))` writes. */
import type { Serializer } from './contract/serde.ts'
import type { OutgoingRecord, RecordHeader } from './contract/topic.ts'
import { Batch } from './element.ts'
import { OperatorError } from './errors.ts'
import { type RecordKey, rowKey } from './record-key.ts'
import type { Topic } from './topic.ts'
import { userFunctionError } from './user-function.ts'

/** Headers by name; text is written as UTF-8. */
export type RecordHeaders = Readonly<Record<string, string | Uint8Array | null>>

/** What of a row goes beside its value. */
export interface RecordParts<T = any> {
  /** Its hash chooses the partition, so that records of one key keep their order. @default the topic's `key` */
  readonly key?: RecordKey<T>
  /** @default none */
  readonly headers?: (row: T) => RecordHeaders
  /**
   * Its event time, in whole milliseconds, or the time of its append. A topic's retention goes by it: events of a year ago
   * are gone at once from a topic that keeps a month.
   *
   * @default 'event', where the stream has event times
   */
  readonly timestamp?: 'event' | 'append'
}

/**
 * The function that turns a batch of rows into records, the values by `serializer`.
 *
 * @throws {OperatorError} from the function, naming `uid` and the row: a value has no form on the wire, or a function of
 * the job throws.
 */
export function recordEncoder(
  uid: string,
  topic: Topic<any>,
  serializer: Serializer<any>,
  { key = topic.key, headers, timestamp = 'event' }: RecordParts,
): (batch: Batch) => Batch<OutgoingRecord> {
  const keyOf = key === undefined ? () => null : rowKey(key)

  function value(row: unknown): Uint8Array {
    try {
      return serializer.encode(row)
    } catch (error) {
      const reason = (error as Error).message
      throw new OperatorError(`${uid}: a row can't be written to topic '${topic.name}': ${reason}`, {
        cause: error,
        fix: 'Mend the value before, or filter or quarantine such rows.',
        details: { uid, topic: topic.name },
      })
    }
  }

  function keyFor(row: unknown): Uint8Array | null {
    try {
      return keyOf(row)
    } catch (error) {
      throw userFunctionError(uid, typeof key === 'string' ? `key "${key}"` : 'the function of key', row, error)
    }
  }

  function headersFor(row: unknown): readonly RecordHeader[] | undefined {
    if (headers === undefined) return undefined
    try {
      return Object.entries(headers(row)).map(([name, text]) => ({
        key: name,
        value: typeof text === 'string' ? Buffer.from(text) : text,
      }))
    } catch (error) {
      throw userFunctionError(uid, 'the function of headers', row, error)
    }
  }

  return (batch) => {
    const timestampsMs = timestamp === 'event' ? batch.timestampsMs : undefined
    return new Batch(
      batch.values.map((row, index) => ({
        key: keyFor(row),
        value: value(row),
        headers: headersFor(row),
        timestampMs: timestampsMs && Math.floor(timestampsMs[index]!),
      })),
    )
  }
}
