/** Ids of splits: a file's name, and of a part of a large file the range of its bytes behind it. */
export interface SplitPart {
  readonly file: string
  /** The split has the records that begin in [start, end). */
  readonly start: number
  readonly end: number
}

/** @example splitIds('a.jsonl', 100, 60) // ['a.jsonl', 'a.jsonl@60'] */
export function splitIds(file: string, sizeBytes: number, rangeBytes: number): readonly string[] {
  const ids = [file]
  for (let start = rangeBytes; start < sizeBytes; start += rangeBytes) ids.push(`${file}@${start}`)
  return ids
}

/** @param rangeBytes ∞ for files that are read as a whole. */
export function partOf(id: string, rangeBytes: number): SplitPart {
  const found = /^(.*)@(\d+)$/s.exec(id)
  const start = found === null || rangeBytes === Number.POSITIVE_INFINITY ? 0 : Number(found[2])
  return { file: start === 0 ? id : found![1]!, start, end: start + rangeBytes }
}
