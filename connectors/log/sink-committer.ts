/** Appends what a sink's writers staged: data and epoch row in one transaction. */

import type { StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { CommitRequest, CommitterContext, FenceRequest, SinkCommitter } from '../../topology/contract/sink.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Appender } from './appender.ts'
import type { LogFaultPoint } from './log.ts'
import type { LogStore } from './store.ts'
import type { Topic } from './topics.ts'

/** A reference to batches in staged_batch: what the committer appends. */
export interface LogCommittable {
  readonly topic: string
  readonly stagedIds: readonly number[]
}

interface EpochRow {
  /** The newest attempt that has fenced or committed. */
  readonly epoch: bigint
  /** The last checkpoint whose output is in the topic. */
  readonly checkpointId: bigint | undefined
}

/**
 * The epoch row decides: an attempt older than its epoch is refused (`FENCED`), a checkpoint it names is applied already.
 *
 * What is in a log has been read by others, so it cannot be taken back: a restore from an older checkpoint than the row
 * names is refused (`REWIND_REFUSED`) also when a rewind is allowed.
 */
export class LogSinkCommitter implements SinkCommitter {
  private readonly store: LogStore
  private readonly appender: Appender
  private readonly faultPoint: LogFaultPoint
  private readonly topic: Topic
  private readonly context: CommitterContext
  private readonly find: StatementSync
  private readonly record: StatementSync
  private readonly stagedBatch: StatementSync
  private readonly unstage: StatementSync
  private readonly unstageOlder: StatementSync

  constructor(store: LogStore, appender: Appender, faultPoint: LogFaultPoint, topic: Topic, context: CommitterContext) {
    this.store = store
    this.appender = appender
    this.faultPoint = faultPoint
    this.topic = topic
    this.context = context
    this.find = store.prepareWrite('SELECT epoch, checkpoint_id FROM sink_epoch WHERE job = ? AND sink_uid = ?')
    this.find.setReadBigInts(true)
    this.record = store.prepareWrite('INSERT OR REPLACE INTO sink_epoch VALUES (?, ?, ?, ?)')
    this.stagedBatch = store.prepareWrite(`
      SELECT partition, record_count, max_timestamp_ms, crc32, packed FROM staged_batch
      WHERE staged_id = ? AND job = ? AND sink_uid = ?`)
    this.unstage = store.prepareWrite('DELETE FROM staged_batch WHERE staged_id = ?')
    this.unstageOlder = store.prepareWrite('DELETE FROM staged_batch WHERE job = ? AND sink_uid = ? AND epoch < ?')
  }

  async fence({ epoch, restored }: FenceRequest): Promise<void> {
    const { job, uid } = this.context
    await this.store.write('fsync', `fencing sink '${uid}' of job '${job}'`, () => {
      const row = this.row()
      this.refuseOlder(row, epoch)
      const committed = row?.checkpointId
      if (committed !== undefined && (restored === undefined || restored.checkpointId < committed)) {
        throw this.rewindRefused(committed, restored?.checkpointId)
      }
      if (restored !== undefined && restored.checkpointId !== committed) this.apply(restored)
      this.record.run(job, uid, epoch, restored?.checkpointId ?? null)
      // Older attempts are shut out now, and what this one owes has just been appended: the rest is nobody's.
      this.unstageOlder.run(job, uid, epoch)
    })
  }

  async commit(request: CommitRequest): Promise<void> {
    const { job, uid } = this.context
    const doing = `committing checkpoint ${request.checkpointId} of sink '${uid}' of job '${job}'`
    this.faultPoint('log.before-commit')
    await this.store.write('fsync', doing, () => {
      const row = this.row()
      this.refuseOlder(row, request.epoch)
      const committed = row?.checkpointId
      if (committed !== undefined && request.checkpointId <= committed) {
        if (this.stagedIds(request).some((id) => this.findStaged(id) !== undefined)) {
          throw this.rewindRefused(committed, request.checkpointId)
        }
        return
      }
      this.apply(request)
      this.record.run(job, uid, request.epoch, request.checkpointId)
    })
    this.faultPoint('log.after-commit')
  }

  async close(): Promise<void> {}

  private row(): EpochRow | undefined {
    const row = this.find.get(this.context.job, this.context.uid)
    if (row === undefined) return undefined
    return { epoch: row['epoch'] as bigint, checkpointId: (row['checkpoint_id'] as bigint | null) ?? undefined }
  }

  private apply(request: CommitRequest): void {
    for (const id of this.stagedIds(request)) {
      const row = this.findStaged(id)
      if (row === undefined) throw this.stagedMissing(id, request.checkpointId)
      const bytes = row['packed'] as Uint8Array
      if (crc32(bytes) !== row['crc32']) throw this.stagedCorrupt(id, request.checkpointId)
      const batch = {
        recordCount: row['record_count'] as number,
        maxTimestampMs: row['max_timestamp_ms'] as number,
        crc32: row['crc32'] as number,
        bytes,
      }
      this.appender.append(this.topic, [{ partition: row['partition'] as number, batches: [batch] }])
      this.unstage.run(id)
    }
  }

  private stagedIds({ committables }: CommitRequest): number[] {
    return committables.flatMap((committable) => (committable as unknown as LogCommittable).stagedIds)
  }

  private findStaged(id: number): Record<string, unknown> | undefined {
    return this.stagedBatch.get(id, this.context.job, this.context.uid)
  }

  private refuseOlder(row: EpochRow | undefined, epoch: bigint): void {
    if (row === undefined || row.epoch <= epoch) return
    throw this.error('FENCED', `epoch ${epoch} is over, epoch ${row.epoch} has taken its place`, {
      fix: 'Nothing needs doing where a newer attempt of the job goes on. Where none does, this is not the checkpoint store that the job had: bring that one back, or give the job another name.',
      details: { epoch: String(epoch), newerEpoch: String(row.epoch) },
    })
  }

  private rewindRefused(committed: bigint, asked: bigint | undefined): SluiceError {
    const start = asked === undefined ? 'a start without a checkpoint' : `checkpoint ${asked}`
    return this.error(
      'REWIND_REFUSED',
      `the topic holds the output up to checkpoint ${committed}, and ${start} would write it again`,
      {
        fix: `Restore checkpoint ${committed} or a later one. A log cannot take records back, so allowing a rewind does not help; to run again from the start, give the job another name and another topic.`,
        details: { committedCheckpointId: String(committed), checkpointId: asked === undefined ? null : String(asked) },
      },
    )
  }

  private stagedMissing(stagedId: number, checkpointId: bigint): SluiceError {
    return this.error(
      'STAGED_OUTPUT_MISSING',
      `staged batch ${stagedId} of checkpoint ${checkpointId} is not in ${this.store.path}`,
      {
        fix: 'Restore the log.db that belongs to this checkpoint store, or a checkpoint that was committed.',
        details: { stagedId, checkpointId: String(checkpointId) },
      },
    )
  }

  private stagedCorrupt(stagedId: number, checkpointId: bigint): SluiceError {
    return this.error(
      'LOG_CORRUPT',
      `staged batch ${stagedId} of checkpoint ${checkpointId} in ${this.store.path} does not match its checksum`,
      {
        fix: 'Restore the file from a backup, and the job from the checkpoint that belongs to it.',
        details: { stagedId, checkpointId: String(checkpointId) },
      },
    )
  }

  private error(
    code: string,
    what: string,
    { fix, details }: { readonly fix: string; readonly details: Readonly<Record<string, unknown>> },
  ): SluiceError {
    const { job, uid } = this.context
    return new SluiceError(code, `job '${job}', sink '${uid}', topic '${this.topic.name}': ${what}`, {
      fix,
      details: { job, uid, topic: this.topic.name, ...details },
    })
  }
}
