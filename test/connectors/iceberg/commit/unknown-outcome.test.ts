/** A reply that is lost is unknown, not a failure: the committer looks before it does anything again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { IcebergCatalog, LoadedTable } from '../../../../connectors/iceberg/catalog/iceberg-catalog.ts'
import { SqliteCatalog } from '../../../../connectors/iceberg/catalog/sqlite-catalog.ts'
import { IcebergCommitter } from '../../../../connectors/iceberg/commit/iceberg-committer.ts'
import {
  currentSnapshot,
  newTableMetadata,
  type TableMetadata,
} from '../../../../connectors/iceberg/format/table-metadata.ts'
import { LocalFileIO, locationOfPath } from '../../../../connectors/iceberg/io/local-file-io.ts'
import { SluiceError } from '../../../../topology/errors.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from '../../../support/silent.ts'
import { field, steppingClock, tableOf } from '../support/warehouse.ts'

let directory: string
let catalog: SqliteCatalog
const fileIO = new LocalFileIO()

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-unknown-'))
  catalog = new SqliteCatalog({ path: join(directory, 'c.db'), fileIO })
  await catalog.create(
    't.t',
    newTableMetadata(tableOf('t.t', [field('x', 'int')]), locationOfPath(join(directory, 't')), 0),
  )
})
afterEach(async () => {
  await catalog.close()
  rmSync(directory, { recursive: true })
})

/** Loses the reply of the first commit, which happens or not. */
function unreliable(happens: boolean): IcebergCatalog {
  let lost = false
  return {
    list: () => catalog.list(),
    load: (name) => catalog.load(name),
    create: (name, metadata) => catalog.create(name, metadata),
    close: async () => {},
    async commit(base: LoadedTable, next: TableMetadata) {
      if (lost) return catalog.commit(base, next)
      lost = true
      if (happens) await catalog.commit(base, next)
      throw new SluiceError('COMMIT_STATE_UNKNOWN', 'the reply was lost')
    },
  }
}

const committer = (over: IcebergCatalog, lines: RecordedLog[] = [], maxAttempts = 5) =>
  new IcebergCommitter(
    { job: 'job', uid: 'sink', clock: steppingClock(), logger: recordingLogger(lines), metrics: silentMetrics },
    { catalog: over, fileIO, table: 't.t', maxAttempts },
  )

it.each([true, false])('commits once, whether it had happened (%s) or not', async (happened) => {
  const lines: RecordedLog[] = []
  await committer(unreliable(happened), lines).fence({ epoch: 1n, restored: undefined, allowRewind: false })
  const { metadata } = (await catalog.load('t.t'))!
  expect(metadata.snapshots).toHaveLength(1)
  expect(await fileIO.read(currentSnapshot(metadata)!['manifest-list'])).toBeInstanceOf(Uint8Array)
  expect(lines).toHaveLength(1)
})

it('gives up after so many attempts, and says why', async () => {
  const never: IcebergCatalog = {
    ...unreliable(false),
    commit: async () => {
      throw new SluiceError('COMMIT_STATE_UNKNOWN', 'the catalog does not answer')
    },
  }
  const fence = committer(never, [], 3).fence({ epoch: 1n, restored: undefined, allowRewind: false })
  await expect(fence).rejects.toMatchObject({
    code: 'COMMIT_FAILED',
    message: expect.stringContaining('in 3 attempts: the catalog does not answer'),
  })
})
