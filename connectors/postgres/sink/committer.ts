/** Puts staged rows in place: rows and epoch row in one transaction. */
import type { CommitRequest, CommitterContext, FenceRequest, SinkCommitter } from '../../../topology/contract/sink.ts'
import { onCommit, onFence, type SinkIdentity, type SinkProgress } from '../../../topology/contract/sink-progress.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { Database, Session } from '../database.ts'
import type { PostgresCommittable } from './writer.ts'

export interface PostgresCommitterOptions {
  readonly database: Database
  readonly table: string
  /** See upsertStatement. */
  readonly upsert: string
  readonly faultPoint: (name: string) => void
}

/**
 * The epoch row decides, and is locked while it does: an attempt older than its epoch is refused, a checkpoint it names is
 * in place. So a commit whose reply was lost is simply asked for again: it finds the row as it is.
 *
 * Upserts write over what was there, so a rewind is refused also when it is allowed.
 */
export class PostgresCommitter implements SinkCommitter {
  private readonly options: PostgresCommitterOptions
  private readonly context: CommitterContext
  private readonly sink: SinkIdentity

  constructor(options: PostgresCommitterOptions, context: CommitterContext) {
    this.options = options
    this.context = context
    const { job, uid } = context
    this.sink = { job, uid, target: `table ${options.table}`, canRewind: false }
  }

  async fence(request: FenceRequest): Promise<void> {
    const { job, uid } = this.context
    const { epoch, restored } = request
    await this.options.database.transaction(`fencing sink '${uid}' of job '${job}'`, async (session) => {
      await session.query('INSERT INTO sluice_sink_epoch VALUES ($1, $2, 0, NULL) ON CONFLICT DO NOTHING', [job, uid])
      const { applies } = onFence(this.sink, await this.progress(session), request)
      if (applies) await this.apply(session, restored!)
      await this.record(session, epoch, restored?.checkpointId)
      // Older attempts are shut out now, and what this one owes has just been put in place: the rest is nobody's.
      await session.query('DELETE FROM sluice_staged WHERE job = $1 AND sink_uid = $2 AND epoch < $3', [
        job,
        uid,
        String(epoch),
      ])
    })
  }

  async commit(request: CommitRequest): Promise<void> {
    const { database, faultPoint } = this.options
    const { job, uid } = this.context
    const { epoch, checkpointId } = request
    const doing = `committing checkpoint ${checkpointId} of sink '${uid}' of job '${job}'`
    await database.transaction(
      doing,
      async (session) => {
        if (!onCommit(this.sink, await this.progress(session), request)) return
        await this.apply(session, request)
        await this.record(session, epoch, checkpointId)
      },
      () => faultPoint('postgres.before-commit'),
    )
    faultPoint('postgres.after-commit')
  }

  async close(): Promise<void> {
    await this.options.database.close()
  }

  private async progress(session: Session): Promise<SinkProgress | undefined> {
    const { job, uid } = this.context
    const [row] = await session.query(
      `SELECT epoch::text AS epoch, checkpoint_id::text AS checkpoint FROM sluice_sink_epoch
       WHERE job = $1 AND sink_uid = $2 FOR UPDATE`,
      [job, uid],
    )
    return row && { epoch: row['epoch']!, checkpointId: row['checkpoint']! }
  }

  private async record(session: Session, epoch: bigint, checkpointId: bigint | undefined): Promise<void> {
    const { job, uid } = this.context
    await session.query(
      'UPDATE sluice_sink_epoch SET epoch = $3, checkpoint_id = $4 WHERE job = $1 AND sink_uid = $2',
      [job, uid, String(epoch), checkpointId === undefined ? null : String(checkpointId)],
    )
  }

  private async apply(session: Session, { committables, checkpointId }: CommitRequest): Promise<void> {
    const { job, uid } = this.context
    const chunks = (committables as unknown as PostgresCommittable[]).toSorted((a, b) => a.subtask - b.subtask)
    for (const { epoch, subtask, first, end } of chunks) {
      for (let seq = first; seq < end; seq++) {
        await session.query(this.options.upsert, [job, uid, epoch, subtask, seq])
      }
      const removed = await session.query(
        `DELETE FROM sluice_staged WHERE job = $1 AND sink_uid = $2 AND epoch = $3 AND subtask = $4
         AND seq >= $5 AND seq < $6 RETURNING seq`,
        [job, uid, epoch, subtask, first, end],
      )
      if (removed.length !== end - first) throw this.stagedMissing(checkpointId, end - first - removed.length)
    }
  }

  private stagedMissing(checkpointId: bigint, chunks: number): SluiceError {
    const { job, uid } = this.context
    return new SluiceError(
      'STAGED_OUTPUT_MISSING',
      `job '${job}', sink '${uid}': ${chunks} chunks of checkpoint ${checkpointId} are not in sluice_staged`,
      {
        fix: 'Restore the database that belongs to this checkpoint store, or a checkpoint that was committed.',
        details: { job, uid, checkpointId: String(checkpointId), chunks },
      },
    )
  }
}
