/** Files as the beginning or the end of a stream: JSONL, CSV or Parquet. */
import type { z } from 'zod'
import type { DurationMs } from './duration.ts'
import { type EndpointSink, type EndpointSource, endpoint } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import type { Row } from './schema/index.ts'

export type FileFormat = 'jsonl' | 'csv' | 'parquet'

export interface FilesOptions {
  /** @default what the location's name ends in: .jsonl, .ndjson, .csv or .parquet, with .gz behind it where compressed */
  readonly format?: FileFormat
  /**
   * Names source and sink, and so their state in checkpoints.
   *
   * @default the location
   */
  readonly name?: string
  /**
   * Between columns of CSV.
   *
   * @default ,
   */
  readonly delimiter?: string
  /**
   * As a source: how often the folder is looked through for new files.
   *
   * @default 1 second
   */
  readonly discoverEvery?: DurationMs
  /**
   * As a sink: a file that has grown to this many bytes is closed and another begun.
   *
   * @default 128 MiB
   */
  readonly rollBytes?: number
}

/** Files that can be read and written. */
export interface Files<T> extends EndpointSource<T>, EndpointSink<T> {}

const ENDINGS: Readonly<Record<string, FileFormat>> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
  parquet: 'parquet',
}

/**
 * Names files and the schema of their records. Relative locations start at the directory that the job runs in.
 *
 * As a source: one file, a folder, or a folder and a pattern of file names (`*` stands for any characters). Each file is
 * a split, read once, from its first record to its last; later ones are found while the job runs, in order of their
 * names. A file must be complete when it appears: write it under another name or in another folder, and rename it. Names
 * that begin with `.` or `_` or end in `.tmp` are passed over. A JSONL line is a record as it stands; CSV has its
 * columns' names in the first line, an empty column is null (`""` is the empty string). A record that is none of the
 * schema fails the job naming file and record; read the files through `bronzeLayer` to quarantine such records instead.
 *
 * As a sink: the location is a folder. Exactly once: files appear, whole, when the checkpoint that holds them is
 * complete, as `job-uid-subtask-epoch-checkpoint-number`. Readers pass over what lies in `_sluice/`.
 *
 * @throws {TopologyError} `FILE_FORMAT` when neither the option nor the location's name tells a format.
 * @example from(files('data/in/*.jsonl', Order)).pipe(to(files('data/out', Order, { format: 'csv' })))
 */
export function files<S extends z.ZodObject>(location: string, schema: S, options: FilesOptions = {}): Files<Row<S>> {
  const { name = location, discoverEvery, delimiter, rollBytes } = options
  const format = options.format ?? ENDINGS[/\.(\w+?)(?:\.gz)?$/.exec(location)?.[1] ?? '']
  if (format === undefined) {
    throw new TopologyError('FILE_FORMAT', `files('${location}') doesn't tell the format of its files`, {
      fix: "Say { format: 'jsonl' }, 'csv' or 'parquet', or end the location in *.jsonl, *.csv or *.parquet.",
    })
  }
  const settings = { location, format, delimiter, discoverEveryMs: discoverEvery, rollBytes }
  return {
    ...endpoint('file', name, schema, settings),
    placeOf: ({ topic, offset }) => `${topic}, record ${offset + 1n}`,
  }
}
