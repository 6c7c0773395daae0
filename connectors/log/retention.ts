/** Deletes batches that are older than their topic keeps them, a few at every append. */
import type { StatementSync } from 'node:sqlite'
import type { LogStore } from './store.ts'
import type { Topic } from './topics.ts'

/** A topic is looked at no more often than this. */
const INTERVAL_MS = 1_000
/** Deleted per look, so that no append waits for a large deletion; the next one goes on. */
const MAX_BATCHES = 256

export class Retention {
  private readonly lookedAtMs = new Map<number, number>()
  private readonly retentionMs: StatementSync
  private readonly oldest: StatementSync
  private readonly deleteBefore: StatementSync
  private readonly setEarliest: StatementSync

  constructor(store: LogStore) {
    this.retentionMs = store.prepareWrite(`
      SELECT iif(cleanup_policy = 'compact', NULL, retention_ms) AS retention_ms, partitions
      FROM topic WHERE topic_id = ?`)
    this.oldest = store.prepareWrite(`
      SELECT base_offset, record_count, max_timestamp_ms FROM record_batch
      WHERE topic_id = ? AND partition = ? ORDER BY base_offset`)
    this.deleteBefore = store.prepareWrite(
      'DELETE FROM record_batch WHERE topic_id = ? AND partition = ? AND base_offset < ?',
    )
    this.setEarliest = store.prepareWrite(
      'UPDATE partition SET earliest_offset = ? WHERE topic_id = ? AND partition = ?',
    )
  }

  /** Called inside a write transaction. Whole batches go, from the front, once their newest record is too old. */
  trim({ topicId }: Topic, nowMs: number): void {
    if (nowMs - (this.lookedAtMs.get(topicId) ?? Number.NEGATIVE_INFINITY) < INTERVAL_MS) return
    this.lookedAtMs.set(topicId, nowMs)
    const { retention_ms: retentionMs, partitions } = this.retentionMs.get(topicId)!
    if (retentionMs === null) return
    const cutoffMs = nowMs - (retentionMs as number)
    for (let partition = 0; partition < (partitions as number); partition++) {
      this.trimPartition(topicId, partition, cutoffMs)
    }
  }

  private trimPartition(topicId: number, partition: number, cutoffMs: number): void {
    let earliestOffset: number | undefined
    let batches = 0
    for (const row of this.oldest.iterate(topicId, partition)) {
      if ((row['max_timestamp_ms'] as number) >= cutoffMs || batches++ === MAX_BATCHES) break
      earliestOffset = (row['base_offset'] as number) + (row['record_count'] as number)
    }
    if (earliestOffset === undefined) return
    this.deleteBefore.run(topicId, partition, earliestOffset)
    this.setEarliest.run(earliestOffset, topicId, partition)
  }
}
