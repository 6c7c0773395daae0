/** Changes of table metadata: the base is never touched. */
import { expect, it } from 'vitest'
import { newTableMetadata, snapshotAsOf } from '../../../../connectors/iceberg/format/table-metadata.ts'
import {
  appendSnapshot,
  nextTimestampMs,
  setMain,
  setProperties,
} from '../../../../connectors/iceberg/format/table-update.ts'
import { field, tableOf } from '../support/warehouse.ts'

const base = newTableMetadata(tableOf('t.t', [field('x', 'int')]), 'file:///t', 100)
const snapshot = (id: bigint, timestampMs: number) => ({
  'snapshot-id': id,
  'sequence-number': id,
  'timestamp-ms': timestampMs,
  'manifest-list': '',
  summary: { operation: 'append' },
})

it('a new table has what version 2 requires', () => {
  expect(base).toMatchObject({
    'format-version': 2,
    'last-sequence-number': 0n,
    'last-column-id': 1,
    'last-partition-id': 999,
    'current-snapshot-id': -1n,
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    'default-sort-order-id': 0,
  })
})

it('appends, goes back, and remembers when each snapshot was current', () => {
  const appended = appendSnapshot(appendSnapshot(base, snapshot(1n, 110)), snapshot(2n, 120))
  expect(appended.refs).toEqual({ main: { 'snapshot-id': 2n, type: 'branch' } })
  expect(appended['last-sequence-number']).toBe(2n)
  const back = setMain(appended, 1n, 130)
  expect(back['current-snapshot-id']).toBe(1n)
  const currentAt = (ms: number) => snapshotAsOf(back, ms)?.['snapshot-id']
  expect([109, 110, 125, 130].map(currentAt)).toEqual([undefined, 1n, 2n, 1n])
  expect(base.snapshots).toEqual([])
})

it('sets properties beside those there are', () => {
  expect(setProperties(base, { a: '1' }).properties).toEqual({ ...base.properties, a: '1' })
})

it('never lets time run backwards', () => {
  expect([nextTimestampMs(base, 50), nextTimestampMs(base, 200.9)]).toEqual([100, 200])
})
