/** The way back in a table's history. */
import { expect, it } from 'vitest'
import { findRewindTarget, foreignSince, lineageOf } from '../../../../connectors/iceberg/commit/lineage.ts'
import {
  newTableMetadata,
  type SnapshotJson,
  type TableMetadata,
} from '../../../../connectors/iceberg/format/table-metadata.ts'
import { tableOf } from '../support/warehouse.ts'

const SINK = { job: 'job', uid: 'sink' }

/** `epoch/checkpoint epoch/checkpoint id`, or a snapshot of somebody else without it. */
function snapshot(id: number, parent: number | undefined, state?: string): SnapshotJson {
  const [epoch, checkpointEpoch, checkpointId] = state?.split('/') ?? []
  const applied =
    checkpointId === undefined
      ? {}
      : { 'sluice.checkpoint-epoch': checkpointEpoch!, 'sluice.checkpoint-id': checkpointId }
  const own =
    epoch === undefined ? {} : { 'sluice.job': 'job', 'sluice.sink': 'sink', 'sluice.epoch': epoch, ...applied }
  return {
    'snapshot-id': BigInt(id),
    ...(parent === undefined ? {} : { 'parent-snapshot-id': BigInt(parent) }),
    'sequence-number': BigInt(id),
    'timestamp-ms': id,
    'manifest-list': '',
    summary: { operation: 'append', ...own },
  }
}

const metadataOf = (...snapshots: SnapshotJson[]): TableMetadata => ({
  ...newTableMetadata(tableOf('t.t', []), 'file:///t', 0),
  snapshots,
})
const checkpoint = (epoch: bigint, id: bigint) => ({ checkpointEpoch: epoch, checkpointId: id })
const target = (metadata: TableMetadata, epoch: bigint, id: bigint) =>
  findRewindTarget(metadata, SINK, checkpoint(epoch, id))

it('finds the last snapshot that a checkpoint is named in', () => {
  const metadata = metadataOf(
    snapshot(1, undefined, '1'),
    snapshot(2, 1, '1/1/1'),
    snapshot(3, 2, '2/1/1'),
    snapshot(4, 3, '2/2/2'),
  )
  expect(target(metadata, 1n, 1n)).toMatchObject({ snapshot: { 'snapshot-id': 3n }, complete: true })
})

it('finds the place of a checkpoint without output on its own branch, not on one that was left', () => {
  // 1 ─ 2 ─ 3 (checkpoint 5, left by a rewind)
  //     └── 4 (fence of epoch 2) ─ 5 (checkpoint 9)
  const metadata = metadataOf(
    snapshot(1, undefined, '1'),
    snapshot(2, 1, '1/1/3'),
    snapshot(3, 2, '1/1/5'),
    snapshot(4, 2, '2/1/3'),
    snapshot(5, 4, '2/2/9'),
  )
  expect(target(metadata, 2n, 7n)).toMatchObject({ snapshot: { 'snapshot-id': 4n }, complete: false })
  expect(findRewindTarget(metadata, SINK, undefined)).toMatchObject({ snapshot: { 'snapshot-id': 1n } })
  expect(target(metadata, 4n, 7n)).toBeUndefined()
})

it('names what somebody else wrote since, and says when that cannot be told', () => {
  const own = snapshot(2, 1, '1/1/1')
  const head = snapshot(4, 3, '1/1/2')
  const whole = metadataOf(snapshot(1, undefined, '1'), own, snapshot(3, 2), head)
  expect(Array.from(lineageOf(whole, head), (one) => one['snapshot-id'])).toEqual([4n, 3n, 2n, 1n])
  expect(foreignSince(whole, head, own, SINK)).toMatchObject({ 'snapshot-id': 3n })
  expect(foreignSince(whole, head, head, SINK)).toBeUndefined()
  expect(foreignSince(metadataOf(own, head), head, own, SINK)).toBe('expired')
})
