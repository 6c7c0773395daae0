/** Snapshot summaries: what a snapshot added, and the totals of the table after it. All values are strings. */
import type { DataFile } from './data-file.ts'
import type { SnapshotJson } from './table-metadata.ts'

const CARRIED_TOTALS = [
  'total-records',
  'total-files-size',
  'total-data-files',
  'total-delete-files',
  'total-position-deletes',
  'total-equality-deletes',
] as const

/** The summary of an append; `properties` are added to it. Totals that the parent does not tell are left out. */
export function appendSummary(
  parent: SnapshotJson | undefined,
  files: readonly DataFile[],
  properties: Readonly<Record<string, string>>,
): SnapshotJson['summary'] {
  let records = 0n
  let sizeBytes = 0n
  for (const file of files) {
    records += file.recordCount
    sizeBytes += file.fileSizeInBytes
  }
  const added: Partial<Record<(typeof CARRIED_TOTALS)[number], bigint>> = {
    'total-records': records,
    'total-files-size': sizeBytes,
    'total-data-files': BigInt(files.length),
  }
  const summary: Record<string, string> = {}
  if (files.length > 0) {
    summary['added-data-files'] = String(files.length)
    summary['added-records'] = String(records)
    summary['added-files-size'] = String(sizeBytes)
    summary['changed-partition-count'] = String(new Set(files.map((file) => file.partition.join('\u0000'))).size)
  }
  for (const total of CARRIED_TOTALS) {
    const before = parent === undefined ? '0' : parent.summary?.[total]
    if (before !== undefined) summary[total] = String(BigInt(before) + (added[total] ?? 0n))
  }
  return { operation: 'append', ...summary, ...properties }
}
