/** A warehouse in a temporary directory, and a job's sink over one of its tables. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IcebergOptions, openIceberg } from '../../../../connectors/iceberg/iceberg.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import type { TableCatalog } from '../../../../topology/contract/catalog.ts'
import type { Clock } from '../../../../topology/contract/clock.ts'
import type { CommitRequest, Committable, FenceRequest } from '../../../../topology/contract/sink.ts'
import { Batch } from '../../../../topology/element.ts'
import type { DataType, Field } from '../../../../topology/schema/types.ts'
import type { TableReference } from '../../../../topology/table.ts'
import { recordingLogger, silentMetrics } from '../../../support/silent.ts'

/** Starts at a fixed time and advances a millisecond with every look; what is scheduled happens at once. */
export function steppingClock(startMs = Date.UTC(2026, 0, 1)): Clock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs++,
    monotonicMs: () => nowMs,
    schedule: (_delayMs, callback) => {
      queueMicrotask(callback)
      return { [Symbol.dispose]() {} }
    },
    turn: systemClock.turn,
  }
}

export class Warehouse implements AsyncDisposable {
  readonly directory: string
  readonly catalogPath: string
  readonly tables: TableCatalog
  readonly clock: Clock

  constructor(options: Partial<IcebergOptions> = {}, directory = mkdtempSync(join(tmpdir(), 'sluice iceberg-'))) {
    this.directory = directory
    this.catalogPath = join(directory, 'catalog.db')
    this.clock = options.clock ?? steppingClock()
    this.tables = openIceberg({
      catalogPath: this.catalogPath,
      warehouse: join(directory, 'warehouse'),
      clock: this.clock,
      logger: recordingLogger(),
      ...options,
    })
  }

  /** A second process's view of the same warehouse, as far as one process can have one. */
  reopened(options: Partial<IcebergOptions> = {}): Warehouse {
    return new Warehouse({ clock: this.clock, ...options }, this.directory)
  }

  job(table: TableReference, job = 'job', uid = table.name): TestJob {
    return new TestJob(this, table, job, uid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tables.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** What the runtime does with a sink, step by step. */
export class TestJob {
  readonly warehouse: Warehouse
  readonly table: TableReference
  readonly #context

  constructor(warehouse: Warehouse, table: TableReference, job: string, uid: string) {
    this.warehouse = warehouse
    this.table = table
    this.#context = { job, uid, clock: warehouse.clock, logger: recordingLogger(), metrics: silentMetrics }
  }

  ensure(): Promise<void> {
    return this.warehouse.tables.ensureTable(this.table)
  }

  async fence(epoch: bigint, restored?: CommitRequest, allowRewind = false): Promise<void> {
    const request: FenceRequest = { epoch, restored, allowRewind }
    const committer = await this.warehouse.tables.sink(this.table).createCommitter(this.#context)
    await committer.fence(request)
    await committer.close()
  }

  async commit(request: CommitRequest): Promise<void> {
    const committer = await this.warehouse.tables.sink(this.table).createCommitter(this.#context)
    await committer.commit(request)
    await committer.close()
  }

  /** The output of one interval, written but not committed. */
  async write(epoch: bigint, checkpointId: bigint, rows: readonly object[]): Promise<CommitRequest> {
    const committables = await this.writeBatches(epoch, checkpointId, rows.length === 0 ? [] : [rows])
    const watermarkMs = Number(checkpointId) * 1000
    return { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs, committables }
  }

  async writeBatches(
    epoch: bigint,
    checkpointId: bigint,
    batches: readonly (readonly object[])[],
  ): Promise<readonly Committable[]> {
    const sink = this.warehouse.tables.sink(this.table)
    const writer = await sink.createWriter({ ...this.#context, subtask: 0, epoch })
    try {
      for (const rows of batches) await writer.write(new Batch(rows))
      return await writer.prepareCommit(checkpointId)
    } finally {
      await writer.close()
    }
  }

  /** Writes and commits at once. */
  async append(epoch: bigint, checkpointId: bigint, rows: readonly object[]): Promise<CommitRequest> {
    const request = await this.write(epoch, checkpointId, rows)
    await this.commit(request)
    return request
  }

  async rowCount(): Promise<bigint> {
    const scan = await this.warehouse.tables.planScan(this.table.name)
    return scan.files.reduce((sum, file) => sum + file.rowCount, 0n)
  }
}

/** A field as a job declares it: no id yet. */
export function field(name: string, type: DataType['kind'] | DataType, required = false): Field {
  return { id: -1, name, required, type: (typeof type === 'string' ? { kind: type } : type) as DataType }
}

export function tableOf(
  name: string,
  fields: readonly Field[],
  partitionBy: TableReference['partitionBy'] = [],
): TableReference {
  return { name, fields, partitionBy, properties: {} }
}
