/** The SQLite catalog: one of several commits wins, and old metadata goes as the table's properties say. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SqliteCatalog } from '../../../../connectors/iceberg/catalog/sqlite-catalog.ts'
import { newTableMetadata } from '../../../../connectors/iceberg/format/table-metadata.ts'
import { setProperties } from '../../../../connectors/iceberg/format/table-update.ts'
import { LocalFileIO, locationOfPath } from '../../../../connectors/iceberg/io/local-file-io.ts'
import { field, tableOf } from '../support/warehouse.ts'

let directory: string
const opened: SqliteCatalog[] = []

function open(): SqliteCatalog {
  const catalog = new SqliteCatalog({ path: join(directory, 'c.db'), fileIO: new LocalFileIO() })
  opened.push(catalog)
  return catalog
}

const metadataOf = (name: string) =>
  newTableMetadata(tableOf(name, [field('x', 'int')]), locationOfPath(join(directory, name)), 5)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-catalog-'))
})
afterEach(async () => {
  for (const catalog of opened.splice(0)) await catalog.close()
  rmSync(directory, { recursive: true, force: true })
})

it('creates, lists and loads tables; only the first creation counts', async () => {
  const [one, two] = [open(), open()]
  expect(await one.create('b.t', metadataOf('b.t'))).toBe(true)
  expect(await two.create('b.t', metadataOf('b.t'))).toBe(false)
  expect(await two.create('a.deep.t', metadataOf('a.deep.t'))).toBe(true)
  expect(await one.list()).toEqual(['a.deep.t', 'b.t'])
  expect((await two.load('b.t'))?.metadata.location).toBe(locationOfPath(join(directory, 'b.t')))
  expect(await one.load('b.none')).toBeUndefined()
  expect(readdirSync(join(directory, 'b.t/metadata'))).toHaveLength(1)
})

it('lets one of two commits on the same base win', async () => {
  const [one, two] = [open(), open()]
  await one.create('b.t', metadataOf('b.t'))
  const base = (await one.load('b.t'))!
  const first = await two.commit(base, setProperties(base.metadata, { by: 'two' }))
  expect(first?.metadataLocation).toMatch(/\/00001-[0-9a-f-]+\.metadata\.json$/)
  expect(await one.commit(base, setProperties(base.metadata, { by: 'one' }))).toBeUndefined()
  const now = (await one.load('b.t'))!
  expect(now.metadata.properties?.['by']).toBe('two')
  expect(now.metadata['metadata-log']).toEqual([{ 'timestamp-ms': 5, 'metadata-file': base.metadataLocation }])
})

it('keeps as many old metadata files as the table wants, and deletes the others', async () => {
  const catalog = open()
  const metadata = setProperties(metadataOf('b.t'), { 'write.metadata.previous-versions-max': '3' })
  await catalog.create('b.t', metadata)
  for (let i = 0; i < 10; i++) {
    const base = (await catalog.load('b.t'))!
    await catalog.commit(base, setProperties(base.metadata, { i: String(i) }))
  }
  expect(readdirSync(join(directory, 'b.t/metadata'))).toHaveLength(4)
  expect((await catalog.load('b.t'))!.metadata['metadata-log']).toHaveLength(3)
})

it('upgrades a database of schema V0', async () => {
  const database = new DatabaseSync(join(directory, 'c.db'))
  database.exec(`CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,
    table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),
    PRIMARY KEY (catalog_name, table_namespace, table_name));
    INSERT INTO iceberg_tables VALUES ('sluice', 'old', 't', 'file:///none', NULL), ('other', 'old', 'u', 'x', NULL)`)
  database.close()
  expect(await open().list()).toEqual(['old.t'])
})

it('names what is wrong', async () => {
  const catalog = open()
  await expect(catalog.load('plain')).rejects.toMatchObject({ code: 'TABLE_NAME_INVALID' })
  expect(() => new SqliteCatalog({ path: directory, fileIO: new LocalFileIO() })).toThrow(
    expect.objectContaining({ code: 'CATALOG_UNAVAILABLE' }),
  )
})
