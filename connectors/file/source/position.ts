/**
 * Where a reader stands in a file, as text in a checkpoint.
 *
 * ```text
 * 12/3456    12 records of the split have been emitted, the next begins at byte 3456 (of a compressed file: of what is in it)
 * 12         of Parquet: the next is row 12 of the file, which its row groups are counted by
 * 12/end     the split has been read to its end
 * ```
 */
export interface FilePosition {
  readonly record: number
  readonly byte: number
  readonly isEnd: boolean
}

/** Of a text that `formatPosition` or `endPosition` made. */
export function parsePosition(text: string): FilePosition {
  const [record, rest] = text.split('/')
  return {
    record: Number(record),
    byte: rest === undefined || rest === 'end' ? 0 : Number(rest),
    isEnd: rest === 'end',
  }
}

/** @param byte where the next record begins; undefined of Parquet */
export function formatPosition(record: number, byte: number | undefined): string {
  return byte === undefined ? String(record) : `${record}/${byte}`
}

/** Of a split that has been read to its end. */
export function endPosition(record: number): string {
  return `${record}/end`
}
