/** Files as checkpoints and tables need them: whole objects under full URIs, written once. */

export interface FileStatus {
  /** Full URI, spelled as it was given. */
  readonly location: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/**
 * A place for files: a local disk, an S3-compatible store.
 *
 * Locations are full URIs (`file:///…`, `s3://…`). A promise resolves only when the bytes are durable.
 */
export interface FileIO {
  /**
   * All of a file, or the bytes from `start` up to, not including, `end`: fewer where the file ends before it.
   * @throws {SluiceError} `FILE_NOT_FOUND`
   */
  read(location: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array>
  /** Creates or replaces. Readers see the old bytes or the new ones, never a mix. */
  write(location: string, bytes: Uint8Array): Promise<void>
  /**
   * The compare-and-set all protocols rest on: creates, or resolves to false when something is there already. Of all who
   * create one file, one gets true. A lost reply is looked into; when that fails too it rejects, and the file may be there.
   */
  create(location: string, bytes: Uint8Array): Promise<boolean>
  /** Every file whose location begins with `prefix`, in any order. */
  list(prefix: string): AsyncIterable<FileStatus>
  /** Deleting what is not there succeeds. */
  delete(location: string): Promise<void>
  close(): Promise<void>
}
