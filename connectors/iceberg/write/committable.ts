/** What an Iceberg writer puts into a checkpoint: the data files of one interval, durable but in no snapshot yet. */
import type { Committable } from '../../../topology/contract/sink.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'

/** Version 1 of the form; a later one must still read it, since checkpoints outlive releases. */
const VERSION = 1

export interface WrittenFiles {
  /** Of the table they were written for. */
  readonly tableUuid: string
  readonly schemaId: number
  readonly specId: number
  /** As dataFileToJson prints them. */
  readonly files: readonly Json[]
}

export function writtenFilesToCommittable(written: WrittenFiles): Committable {
  return { version: VERSION, ...written }
}

/** @throws {SluiceError} `COMMITTABLE_INVALID` for what another sink or a later release wrote. */
export function writtenFilesFromCommittable(committable: Committable): WrittenFiles {
  const written = committable as unknown as WrittenFiles & { readonly version: number }
  if (written?.version === VERSION && Array.isArray(written.files)) return written
  throw new SluiceError('COMMITTABLE_INVALID', `committable of version ${written?.version} is not an Iceberg sink's`, {
    fix: 'Restore this checkpoint with the release that wrote it, or a later one.',
  })
}
