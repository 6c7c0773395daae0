/** `runtime tables`: the tables of the catalog, with how much they hold and how fresh they are. */
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { textTable } from './text-table.ts'
import { formatBytes, formatCount, formatTime } from './units.ts'

export async function run(context: CommandContext): Promise<number> {
  const catalog = await context.openTables()
  const tables = await Promise.all((await catalog.listTables()).map((name) => catalog.describeTable(name)))
  if (context.format === 'json') {
    context.printJson(
      tables.map(({ name, location, currentSnapshotId, rowCount, fileCount, totalSizeBytes, snapshots }) => ({
        name,
        location,
        currentSnapshotId: currentSnapshotId ?? null,
        rowCount,
        fileCount,
        totalSizeBytes,
        snapshotCount: snapshots.length,
        lastCommitMs: snapshots.at(-1)?.timestampMs ?? null,
      })),
    )
  } else if (tables.length === 0) {
    context.print('There are no tables yet: the first run of a job makes them.')
  } else {
    const rows = tables.map(({ name, rowCount, fileCount, totalSizeBytes, snapshots }) => [
      name,
      formatCount(rowCount),
      formatCount(fileCount),
      formatBytes(totalSizeBytes),
      formatCount(snapshots.length),
      snapshots.length === 0 ? 'never' : formatTime(snapshots.at(-1)!.timestampMs),
    ])
    const head = ['table', 'rows', 'files', 'size', 'snapshots', 'last commit']
    context.print(textTable(head, rows, { alignRight: new Set([1, 2, 3, 4]) }))
  }
  return ExitCode.ok
}
