/** The committer of an Iceberg sink: one snapshot per checkpoint, applied exactly once however often it is asked. */
import type { Random } from '../../../topology/contract/clock.ts'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import type { CommitRequest, CommitterContext, FenceRequest, SinkCommitter } from '../../../topology/contract/sink.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import type { IcebergCatalog, LoadedTable } from '../catalog/iceberg-catalog.ts'
import { currentSnapshot, type SnapshotJson } from '../format/table-metadata.ts'
import { nextTimestampMs, setMain, setProperties } from '../format/table-update.ts'
import { type WrittenFiles, writtenFilesFromCommittable } from '../write/committable.ts'
import { Append } from './append-snapshot.ts'
import { committedProperty, printCommittedState, stateSummary } from './committed-state.ts'
import { type CommitStep, decideCommit, decideFence } from './decide.ts'

export interface IcebergCommitterOptions {
  readonly catalog: IcebergCatalog
  readonly fileIO: FileIO
  /** `namespace.name` */
  readonly table: string
  /** Commits lost to other writers before giving up. @default 20 */
  readonly maxAttempts?: number
  /** For the jitter between them. @default Math.random */
  readonly random?: Random
  readonly faultPoint?: (name: string) => void | Promise<void>
}

const FIRST_BACKOFF_MS = 50
const MAX_BACKOFF_MS = 5_000

/**
 * Every attempt reloads the table and judges it by the committed property (see committed-state.ts) before it acts, so
 * that a lost reply, a retry and another committer all end in the same place. Snapshots of others in between are kept.
 */
export class IcebergCommitter implements SinkCommitter {
  private readonly context: CommitterContext
  private readonly catalog: IcebergCatalog
  private readonly fileIO: FileIO
  private readonly tableName: string
  private readonly maxAttempts: number
  private readonly random: Random
  private readonly faultPoint: (name: string) => void | Promise<void>

  constructor(context: CommitterContext, options: IcebergCommitterOptions) {
    this.context = context
    this.catalog = options.catalog
    this.fileIO = options.fileIO
    this.tableName = options.table
    this.maxAttempts = options.maxAttempts ?? 20
    this.random = options.random ?? Math.random
    this.faultPoint = options.faultPoint ?? (() => {})
  }

  /** @throws {SluiceError} `FENCED`, `REWIND_REFUSED`, `COMMIT_FAILED`, `TABLE_NOT_FOUND` */
  async fence(request: FenceRequest): Promise<void> {
    await this.apply((table) => decideFence(table, this.context, request), request.restored)
  }

  /** @throws {SluiceError} `FENCED`, `COMMIT_OUT_OF_ORDER`, `COMMIT_FAILED`, `TABLE_NOT_FOUND` */
  async commit(request: CommitRequest): Promise<void> {
    await this.context.metrics.timed('commit_duration_seconds', { table: this.tableName }, () =>
      this.apply((table) => decideCommit(table, this.context, request), request),
    )
  }

  async close(): Promise<void> {}

  private async apply(
    decide: (table: LoadedTable) => CommitStep | undefined,
    request: CommitRequest | undefined,
  ): Promise<void> {
    const written = request?.committables.map(writtenFilesFromCommittable) ?? []
    let append: Append | undefined
    let appended: CommitRequest | undefined
    let unknown: Error | undefined
    for (let attempt = 0; attempt < this.maxAttempts; attempt++) {
      if (attempt > 0) await this.backOff(attempt)
      const table = await this.load()
      const step = decide(table)
      if (step === undefined) return this.count('already-applied')
      // A retry keeps its manifests, but not when another attempt has committed this very output in the meantime.
      if (append === undefined || appended !== step.output) {
        const output = step.output === undefined ? [] : checkSameTable(written, table)
        append = new Append({ fileIO: this.fileIO, faultPoint: this.faultPoint }, output)
        appended = step.output
      }
      const outcome = await this.tryStep(table, step, append)
      if (outcome instanceof Error) unknown = outcome
      else if (outcome === 'committed') return
      this.context.metrics.counter('commit_retries_total', { table: this.tableName }).add(1)
    }
    this.count('failed')
    throw new SluiceError(
      'COMMIT_FAILED',
      `sink '${this.context.uid}' could not commit to ${this.tableName} in ${this.maxAttempts} attempts: ` +
        (unknown?.message ?? 'other writers were first every time'),
      {
        cause: unknown,
        fix:
          unknown === undefined ? 'Write to this table from fewer places.' : 'Look at the catalog; then start again.',
        details: { table: this.tableName, uid: this.context.uid },
      },
    )
  }

  /** Unless committed, rejected or unknown (an error): either way the next attempt looks before it does anything. */
  private async tryStep(
    table: LoadedTable,
    step: CommitStep,
    append: Append,
  ): Promise<'committed' | 'conflict' | Error> {
    const nowMs = this.context.clock.nowMs()
    const { rollbackTo, state } = step
    const metadata =
      rollbackTo === undefined
        ? table.metadata
        : setMain(table.metadata, rollbackTo, nextTimestampMs(table.metadata, nowMs))
    const parent = currentSnapshot(metadata)
    const summary = { ...stateSummary(this.context, state), ...watermarkSummary(step.output, parent) }
    const produced = await append.produce({ ...table, metadata }, parent, summary, nowMs)
    const next = setProperties(produced.metadata, { [committedProperty(this.context)]: printCommittedState(state) })
    try {
      if ((await this.catalog.commit(table, next)) !== undefined) {
        this.count('committed')
        return 'committed'
      }
    } catch (error) {
      if (!isSluiceError(error, 'COMMIT_STATE_UNKNOWN')) throw error
      this.count('unknown')
      this.context.logger.warn(
        { event: 'commit-unknown', table: this.tableName, err: error },
        'outcome of a commit is unknown: looking',
      )
      return error
    }
    this.count('conflict')
    await Promise.all(produced.discardable.map((location) => this.fileIO.delete(location)))
    return 'conflict'
  }

  private count(outcome: 'committed' | 'already-applied' | 'conflict' | 'unknown' | 'failed'): void {
    this.context.metrics.counter('commits_total', { table: this.tableName, outcome }).add(1)
  }

  private async load(): Promise<LoadedTable> {
    const table = await this.catalog.load(this.tableName)
    if (table !== undefined) return table
    throw new SluiceError(
      'TABLE_NOT_FOUND',
      `table ${this.tableName} is gone; sink '${this.context.uid}' cannot commit`,
      {
        fix: 'Somebody dropped the table while the job ran: restore it in the catalog, or start the job anew.',
        details: { table: this.tableName, uid: this.context.uid },
      },
    )
  }

  private backOff(attempt: number): Promise<void> {
    const delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS) * (0.5 + this.random() / 2)
    return new Promise((resolve) => {
      this.context.clock.schedule(delayMs, resolve)
    })
  }
}

/** Files of a table that was dropped and made again must not enter its successor. */
function checkSameTable(written: readonly WrittenFiles[], table: LoadedTable): readonly WrittenFiles[] {
  const stray = written.find(({ tableUuid }) => tableUuid !== table.metadata['table-uuid'])
  if (stray === undefined) return written
  throw new SluiceError('TABLE_REPLACED', `table ${table.name} was made anew since the restored checkpoint was taken`, {
    fix: 'Restore the former table in the catalog, or start the job without that checkpoint.',
    details: { table: table.name, tableUuid: table.metadata['table-uuid'], expected: stray.tableUuid },
  })
}

/** A snapshot without a watermark of its own is as fresh as its parent. */
function watermarkSummary(output: CommitRequest | undefined, parent: SnapshotJson | undefined): Record<string, string> {
  const watermarkMs = output?.watermarkMs
  const text =
    watermarkMs !== undefined && Number.isFinite(watermarkMs)
      ? String(watermarkMs)
      : parent?.summary?.['sluice.watermark-ms']
  return text === undefined ? {} : { 'sluice.watermark-ms': text }
}
