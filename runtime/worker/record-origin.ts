/** Names the record that made a task fail, when the job is looking for it: one record a batch, stamped with its place. */
import type { SourceReader, SplitState } from '../../topology/contract/source.ts'
import { Batch, type Element } from '../../topology/element.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'

/** A position that counts records, whatever stands behind the count: `12`, `12/3456`. */
const COUNT = /^(\d{1,18})(?:\/|$)/

/** The batch of one record that was just polled, with its place: `split@position`. */
export function stampOrigin<T>(batch: Batch<T>, reader: SourceReader, splits: readonly SplitState[]): Batch<T> {
  const split = splits.find(({ index }) => index === batch.split)
  if (split === undefined) return batch
  const after = reader.snapshot().find(({ id }) => id === split.id)
  const { timestampsMs, keyGroups, keys, kinds } = batch
  // The position behind the record: a reader names no other.
  const origin = originOf(split.id, before(after?.position))
  return new Batch(batch.values, { timestampsMs, keyGroups, keys, kinds, split: batch.split, origin })
}

/** The error, saying which record of the source was at hand, unless it says itself which one it is about. */
export function atOrigin(error: unknown, element: Element | undefined): unknown {
  if (!isSluiceError(error)) return error
  const atHand = element?.kind === 'batch' ? element.origin : undefined
  const origin = (error.details['origin'] as string | undefined) ?? atHand
  if (origin === undefined) return error
  const [split, position] = splitOrigin(origin)
  const { code, message, fix, details } = error
  return new SluiceError(code, `${message} (record ${split} at ${position})`, {
    cause: error,
    ...(fix === undefined ? {} : { fix }),
    details: { ...details, split, position },
  })
}

/** `split@position` */
export function originOf(split: string, position: string): string {
  return `${split}@${position}`
}

function splitOrigin(origin: string): readonly [split: string, position: string] {
  const at = origin.lastIndexOf('@')
  return [origin.slice(0, at), origin.slice(at + 1)]
}

/** Whether a reader that begins at `next` has got past the record at `position`: no, unless both count records. */
export function isBehind(position: string, next: unknown): boolean {
  const [at, nextAt] = [countOf(position), countOf(String(next))]
  return at !== undefined && nextAt !== undefined && at < nextAt
}

/** The record before a position that counts records; any other is given as it is. */
function before(position: unknown): string {
  const text = String(position)
  const count = countOf(text)
  return count === undefined ? `before ${text}` : String(count - 1n)
}

function countOf(position: string): bigint | undefined {
  const count = COUNT.exec(position)?.[1]
  return count === undefined ? undefined : BigInt(count)
}
