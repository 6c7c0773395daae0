/** What reads one split of files, whatever their format. */
import type { SourceRecord } from '../../../topology/contract/source.ts'
import type { FilePosition } from './position.ts'

/** Records of a split from some position on. */
export interface SplitReader {
  /** Up to `maxRows` records, none at the end only. */
  read(maxRows: number): Promise<readonly SourceRecord[]>
  /** Of the first record that `read` has not given. */
  readonly position: string
  readonly atEnd: boolean
  close(): Promise<void>
}

export interface SplitPlace {
  readonly path: string
  /** As records and errors name the file. */
  readonly name: string
  readonly index: number
  /** The split has the records that begin in [start, end). */
  readonly start: number
  readonly end: number
  /** What lies behind it came after the file was found, and is not read. */
  readonly sizeBytes: number
  readonly from: FilePosition
}

export type OpenSplit = (place: SplitPlace) => Promise<SplitReader>
