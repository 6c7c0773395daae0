/** Manifests and manifest lists: what is written is read again, with field ids in the header's schema. */
import { expect, it } from 'vitest'
import { readAvroFile, writeAvroFile } from '../../../../connectors/iceberg/format/avro-file.ts'
import type { DataFile } from '../../../../connectors/iceberg/format/data-file.ts'
import { dataFileFromJson, dataFileToJson } from '../../../../connectors/iceberg/format/data-file.ts'
import { assignFreshIds } from '../../../../connectors/iceberg/format/field-ids.ts'
import {
  EntryStatus,
  type ManifestEntry,
  readManifest,
  writeManifest,
} from '../../../../connectors/iceberg/format/manifest.ts'
import {
  describeManifest,
  readManifestList,
  writeManifestList,
} from '../../../../connectors/iceberg/format/manifest-list.ts'
import { partitionSpecOf, resolvePartitionSpec } from '../../../../connectors/iceberg/format/partition-spec.ts'
import { schemaToJson } from '../../../../connectors/iceberg/format/schema.ts'
import { field } from '../support/warehouse.ts'

const FIELDS = assignFreshIds(
  [
    field('n', 'long'),
    field('d', { kind: 'decimal', precision: 20, scale: 2 }),
    field('u', 'uuid'),
    field('b', 'binary'),
    field('f', { kind: 'fixed', length: 2 }),
    field('strange name', 'double'),
    field('t', 'timestamptz'),
    field('p', 'boolean'),
  ],
  { last: 0 },
)
const SPEC = partitionSpecOf(
  4,
  FIELDS.map(({ name }) => ({ field: name, transform: 'identity' as const })),
  FIELDS,
)
const PARTITION_FIELDS = resolvePartitionSpec(SPEC, FIELDS)
const PARTITION = [
  2n ** 62n,
  -(10n ** 20n) + 1n,
  'f79c3e09-677c-4bbd-a479-3f349cb785e7',
  Buffer.of(1),
  Buffer.of(2, 3),
  1.5,
  -1n,
  false,
]

const FILE: DataFile = {
  content: 0,
  filePath: 'file:///w/é.parquet',
  fileFormat: 'PARQUET',
  partition: PARTITION,
  recordCount: 2n ** 40n,
  fileSizeInBytes: 12n,
  columnSizes: new Map([[1, 5n]]),
  valueCounts: new Map([[1, 7n]]),
  nullValueCounts: new Map([[1, 0n]]),
  nanValueCounts: new Map(),
  lowerBounds: new Map([[1, Buffer.of(9)]]),
  upperBounds: new Map([[1, Buffer.of(8)]]),
  splitOffsets: [4n],
  equalityIds: undefined,
  sortOrderId: 0,
  referencedDataFile: undefined,
}
const EMPTY: DataFile = { ...FILE, partition: PARTITION.map(() => null), recordCount: 1n }

const added = (dataFile: DataFile): ManifestEntry => ({
  status: EntryStatus.added,
  snapshotId: 5_123_456_789_012_345_678n,
  sequenceNumber: undefined,
  fileSequenceNumber: undefined,
  dataFile,
})

const entries: ManifestEntry[] = [
  added(FILE),
  added(EMPTY),
  { ...added(FILE), status: EntryStatus.existing, sequenceNumber: 3n, fileSequenceNumber: 3n },
]
const bytes = writeManifest({ schema: schemaToJson(0, FIELDS), spec: SPEC, content: 'data' }, PARTITION_FIELDS, entries)
const row = describeManifest(
  { location: 'file:///w/m.avro', sizeBytes: bytes.length, specId: 4, content: 'data' },
  { snapshotId: 5_123_456_789_012_345_678n, sequenceNumber: 9n },
  PARTITION_FIELDS,
  entries,
)

it('reads entries as they were written; added ones inherit their sequence numbers', () => {
  expect(readManifest(bytes, row, PARTITION_FIELDS)).toEqual([
    { ...entries[0], sequenceNumber: 9n, fileSequenceNumber: 9n },
    { ...entries[1], sequenceNumber: 9n, fileSequenceNumber: 9n },
    entries[2],
  ])
})

it('has the header that readers resolve columns by', () => {
  const { metadata, schema } = readAvroFile(bytes)
  expect(metadata).toMatchObject({
    'format-version': '2',
    content: 'data',
    'partition-spec-id': '4',
    'schema-id': '0',
    'partition-spec': JSON.stringify(SPEC.fields),
  })
  const [status, snapshotId] = (schema as any).fields
  expect(status).toEqual({ name: 'status', type: 'int', 'field-id': 0 })
  expect(snapshotId).toEqual({ name: 'snapshot_id', type: ['null', 'long'], default: null, 'field-id': 1 })
  const sizes = (schema as any).fields[4].type.fields[6].type[1]
  expect(sizes.logicalType).toBe('map')
  expect(sizes.items.fields.map((part: any) => part['field-id'])).toEqual([117, 118])
  expect((schema as any).fields[4].type.fields[3].type.fields[5].name).toBe('strange_x20name')
})

it('counts and summarises in the list, and reads it again', () => {
  expect(row).toMatchObject({ addedFilesCount: 2, existingFilesCount: 1, deletedFilesCount: 0, minSequenceNumber: 3n })
  expect(row.addedRowsCount).toBe(2n ** 40n + 1n)
  expect(row.partitions[0]).toMatchObject({ containsNull: true, containsNan: false })
  const list = writeManifestList({ snapshotId: 1n, parentSnapshotId: undefined, sequenceNumber: 9n }, [row])
  const [read] = readManifestList(list)
  expect(read).toEqual({
    ...row,
    partitions: row.partitions.map((summary) => ({
      ...summary,
      lowerBound: Buffer.from(summary.lowerBound!),
      upperBound: Buffer.from(summary.upperBound!),
    })),
  })
  expect(readAvroFile(list).metadata['parent-snapshot-id']).toBe('null')
})

it('carries a data file through a committable', () => {
  const json = JSON.parse(JSON.stringify(dataFileToJson(FILE, PARTITION_FIELDS)))
  expect(dataFileFromJson(json, PARTITION_FIELDS)).toEqual(FILE)
})

it('refuses damaged Avro files', () => {
  const file = writeAvroFile({ type: 'record', name: 'r', fields: [{ name: 'x', type: 'long' }] }, {}, [
    { x: 1n },
    { x: 2n },
  ])
  expect(readAvroFile(file).records).toEqual([{ x: 1n }, { x: 2n }])
  const code = expect.objectContaining({ code: 'AVRO_INVALID' })
  expect(() => readAvroFile(file.subarray(1))).toThrow(code)
  expect(() => readAvroFile(file.subarray(0, file.length - 1))).toThrow(code)
  expect(() => readAvroFile(file.subarray(0, 30))).toThrow(code)
})
