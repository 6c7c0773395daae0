/** Partition specs and the directories of partitions. */
import { expect, it } from 'vitest'
import { assignFreshIds } from '../../../../connectors/iceberg/format/field-ids.ts'
import {
  partitionPath,
  partitionSpecOf,
  partitionTerms,
  resolvePartitionSpec,
} from '../../../../connectors/iceberg/format/partition-spec.ts'
import type { PartitionTerm } from '../../../../topology/table.ts'
import { field } from '../support/warehouse.ts'

const FIELDS = assignFreshIds(
  [
    field('ts', 'timestamptz'),
    field('name', 'string'),
    field('amount', { kind: 'decimal', precision: 9, scale: 2 }),
    field('raw', 'binary'),
    field('tags', { kind: 'list', elementId: -1, element: { kind: 'string' }, elementRequired: false }),
  ],
  { last: 0 },
)

const TERMS: readonly PartitionTerm[] = [
  { field: 'ts', transform: 'year' },
  { field: 'ts', transform: 'month' },
  { field: 'ts', transform: 'day' },
  { field: 'ts', transform: 'hour' },
  { field: 'name', transform: 'identity' },
  { field: 'name', transform: 'bucket', buckets: 8 },
  { field: 'name', transform: 'truncate', width: 2 },
  { field: 'name', transform: 'void' },
  { field: 'amount', transform: 'identity' },
  { field: 'raw', transform: 'identity' },
]

it('names fields and directories as other writers do', () => {
  const spec = partitionSpecOf(0, TERMS, FIELDS)
  expect(spec.fields.map((part) => [part['field-id'], part.name, part.transform])).toEqual([
    [1000, 'ts_year', 'year'],
    [1001, 'ts_month', 'month'],
    [1002, 'ts_day', 'day'],
    [1003, 'ts_hour', 'hour'],
    [1004, 'name', 'identity'],
    [1005, 'name_bucket', 'bucket[8]'],
    [1006, 'name_trunc', 'truncate[2]'],
    [1007, 'name_null', 'void'],
    [1008, 'amount', 'identity'],
    [1009, 'raw', 'identity'],
  ])
  const resolved = resolvePartitionSpec(spec, FIELDS)
  expect(partitionTerms(resolved)).toEqual(TERMS)
  const values = [56, 682, 20_780, 498_730, "a/b ~é'", 3, 'a/', null, -5n, Uint8Array.of(255, 254)]
  expect(partitionPath(resolved, values)).toBe(
    'ts_year=2026/ts_month=2026-11/ts_day=2026-11-23/ts_hour=2026-11-23-10/name=a%2Fb+%7E%C3%A9%27/name_bucket=3/' +
      'name_trunc=a%2F/name_null=null/amount=-0.05/raw=%2F%2F4%3D',
  )
})

it('refuses terms that cannot be', () => {
  const code = expect.objectContaining({ code: 'PARTITION_INVALID' })
  expect(() => partitionSpecOf(0, [{ field: 'nam', transform: 'identity' }], FIELDS)).toThrow(
    expect.objectContaining({ fix: "Did you mean 'name'?" }),
  )
  expect(() => partitionSpecOf(0, [{ field: 'tags', transform: 'identity' }], FIELDS)).toThrow(code)
  const twice: PartitionTerm = { field: 'ts', transform: 'day' }
  expect(() => partitionSpecOf(0, [twice, twice], FIELDS)).toThrow(code)
})
