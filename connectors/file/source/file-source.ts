/** A folder of files as a source: a split per file, found in the order of their names. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SplitDescription,
} from '../../../topology/contract/source.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { FilePattern, FileSettings } from '../settings.ts'
import { fileError } from './bytes-of.ts'
import { FileReader } from './file-reader.ts'
import { endPosition } from './position.ts'
import { partOf, splitIds } from './split-id.ts'
import type { OpenSplit } from './split-reader.ts'

/** Part of the ids of splits, and so of checkpoints: never to be changed. */
export const RANGE_BYTES = 64 << 20

export interface FileSourceOptions {
  readonly settings: FileSettings
  readonly pattern: FilePattern
  readonly open: OpenSplit
  /** Larger JSONL files are read in ranges of so many bytes. @default 64 MiB */
  readonly rangeBytes?: number
}

interface Found {
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/** Finds splits again while the job runs: files that have come since are new ones. */
export class FileSource implements Source {
  readonly discoveryIntervalMs: number
  private readonly options: FileSourceOptions
  /** ∞ where records can't be found from the middle of a file. */
  private readonly rangeBytes: number

  constructor(options: FileSourceOptions) {
    this.options = options
    const { format, discoverEveryMs } = options.settings
    this.discoveryIntervalMs = discoverEveryMs
    this.rangeBytes = format === 'jsonl' ? (options.rangeBytes ?? RANGE_BYTES) : Number.POSITIVE_INFINITY
  }

  /** Files that were changed before `from` are taken as read; those that were changed at or after `until` are left out. */
  async discoverSplits({ from = 'earliest', until }: SourceBounds): Promise<readonly SplitDescription[]> {
    this.requireTimes(from, until)
    const found = await this.files()
    const isRead = ({ modifiedMs }: Found) =>
      from === 'latest' || (typeof from === 'object' && 'timestampMs' in from && modifiedMs < from.timestampMs)
    const isWanted = ({ modifiedMs }: Found) =>
      typeof until !== 'object' || !('timestampMs' in until) || modifiedMs < until.timestampMs
    return found
      .filter(isWanted)
      .flatMap((file) => {
        const start = isRead(file) || file.sizeBytes === 0 ? endPosition(0) : '0/0'
        return this.idsOf(file).map((id) => ({ id, start, stop: file.sizeBytes, isFinal: true }))
      })
      .map((split, index) => ({ ...split, index }))
  }

  createReader({ clock }: ReaderContext): SourceReader {
    const { open, pattern } = this.options
    return new FileReader(clock, ({ id, index, stop }, from) => {
      const { file, start, end } = partOf(id, this.rangeBytes)
      const path = join(pattern.folder, file)
      return open({ path, name: path, index, start, end, sizeBytes: Number(stop), from })
    })
  }

  async close(): Promise<void> {}

  private requireTimes(...places: readonly (SourceBounds['from'] | undefined)[]): void {
    if (!places.some((place) => typeof place === 'object' && !('timestampMs' in place))) return
    throw new SluiceError(
      'BOUNDS_UNSUPPORTED',
      `files in ${this.options.pattern.folder} have no offsets or consumer groups to begin or stop at`,
      {
        fix: 'Give a time: files that were changed from it on, or before it.',
      },
    )
  }

  private idsOf({ name, sizeBytes }: Found): readonly string[] {
    return name.endsWith('.gz') ? [name] : splitIds(name, sizeBytes, this.rangeBytes)
  }

  private async files(): Promise<Found[]> {
    const { folder, matches } = this.options.pattern
    try {
      const names = (await readdir(folder, { withFileTypes: true })).filter(
        (entry) => !entry.isDirectory() && matches(entry.name),
      )
      const found: Found[] = []
      for (const { name } of names) {
        const { size: sizeBytes, mtimeMs: modifiedMs } = await stat(join(folder, name))
        found.push({ name, sizeBytes, modifiedMs })
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1))
    } catch (error) {
      // A folder that is not there yet has no files yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw fileError(error, folder)
    }
  }
}
