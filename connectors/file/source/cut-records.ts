/** Finds where records of a text file begin and end. */

const NEWLINE = 10
const CARRIAGE_RETURN = 13

export interface Cut {
  /** Two numbers for each record: where it begins, and where it ends without its line end. */
  readonly ranges: readonly number[]
  /** Where the next one begins. */
  readonly next: number
}

/**
 * Cuts up to `maxRecords` records out of `bytes`, from `from` on; one without a line end counts when nothing follows.
 * Empty lines are no records.
 *
 * @param quote The byte between two of which a line end is part of a record; doubled, it stands for itself.
 */
export function cutRecords(
  bytes: Uint8Array,
  from: number,
  maxRecords: number,
  isLast: boolean,
  quote: number | undefined,
): Cut {
  const ranges: number[] = []
  let next = from
  while (ranges.length < 2 * maxRecords && next < bytes.length) {
    let end = lineEnd(bytes, next, quote)
    if (end === -1) {
      if (!isLast) break
      end = bytes.length
    }
    const start = next
    next = Math.min(end + 1, bytes.length)
    if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end--
    if (end > start) ranges.push(start, end)
  }
  return { ranges, next }
}

function lineEnd(bytes: Uint8Array, from: number, quote: number | undefined): number {
  let end = bytes.indexOf(NEWLINE, from)
  if (quote === undefined) return end
  // A line end belongs to the record as long as the quotes before it are odd in number.
  let quotes = 0
  let at = from
  while (end !== -1) {
    for (let found = bytes.indexOf(quote, at); found !== -1 && found < end; found = bytes.indexOf(quote, at)) {
      quotes++
      at = found + 1
    }
    if (quotes % 2 === 0) return end
    at = end
    end = bytes.indexOf(NEWLINE, end + 1)
  }
  return -1
}
