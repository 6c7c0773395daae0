/** The two connections to log.db: one that reads snapshots, one through which writes go one after the other. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import { AppendWatch } from './append-watch.ts'
import { isBusy, toLogError } from './errors.ts'
import { openReading, openWriting } from './schema.ts'

/**
 * What a commit waits for. `fsync`: the write-ahead log is forced to disk. `page-cache`: it is with the operating system;
 * that survives the death of the process but not of the machine, and never tears or reorders commits.
 */
export type Durability = 'fsync' | 'page-cache'

/** How long writes are tried against other processes' locks, without holding up the event loop. */
const BUSY_LIMIT_MS = 30_000
const BUSY_DELAY_LIMIT_MS = 100

export interface LogStoreOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  readonly maxSizeBytes?: number | undefined
}

export class LogStore {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  readonly watch: AppendWatch
  private readonly writing: DatabaseSync
  private readonly reading: DatabaseSync
  private readonly dataVersionStatement: StatementSync
  private durability: Durability = 'fsync'
  private lastWrite: Promise<unknown> = Promise.resolve()
  private closed = false

  constructor({ path, clock, logger, maxSizeBytes }: LogStoreOptions) {
    this.path = path
    this.clock = clock
    this.logger = logger
    this.writing = openWriting(path, maxSizeBytes)
    this.reading = openReading(path)
    this.dataVersionStatement = this.reading.prepare('PRAGMA data_version')
    this.watch = new AppendWatch(clock, () => this.dataVersion())
  }

  /** A number that changes with every commit of anybody; −1 once closed. */
  dataVersion(): number {
    return this.closed ? -1 : (this.dataVersionStatement.get()!['data_version'] as number)
  }

  prepareRead(sql: string): StatementSync {
    return this.reading.prepare(sql)
  }

  prepareWrite(sql: string): StatementSync {
    return this.writing.prepare(sql)
  }

  /** Runs `query` on the read connection; every statement in it sees whole transactions only. */
  read<T>(doing: string, query: () => T): T {
    try {
      return query()
    } catch (error) {
      throw toLogError(error, this.path, doing)
    }
  }

  /** Runs `work` in one transaction, after all writes asked for before it. It is synchronous and may run twice. */
  async write<T>(durability: Durability, doing: string, work: () => T): Promise<T> {
    if (this.closed) {
      throw new SluiceError('LOG_CLOSED', `log ${this.path}: ${doing}: it has been closed`, {
        fix: 'Close the log after everything that writes to it.',
      })
    }
    const result = this.lastWrite.then(() => this.writeWhenFree(durability, doing, work))
    this.lastWrite = result.catch(() => {})
    return result
  }

  /** Resolves when every write asked for so far is done. */
  async close(): Promise<void> {
    await this.lastWrite
    if (this.closed) return
    this.closed = true
    this.watch.notify()
    this.reading.close()
    this.writing.close()
  }

  private async writeWhenFree<T>(durability: Durability, doing: string, work: () => T): Promise<T> {
    const deadlineMs = this.clock.monotonicMs() + BUSY_LIMIT_MS
    for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, BUSY_DELAY_LIMIT_MS)) {
      try {
        const result = this.transaction(durability, work)
        this.watch.notify()
        return result
      } catch (error) {
        if (!isBusy(error) || this.clock.monotonicMs() >= deadlineMs) throw toLogError(error, this.path, doing)
        await new Promise<void>((resolve) => this.clock.schedule(delayMs, resolve))
      }
    }
  }

  private transaction<T>(durability: Durability, work: () => T): T {
    const { writing } = this
    if (this.durability !== durability) {
      writing.exec(`PRAGMA synchronous = ${durability === 'fsync' ? 'FULL' : 'NORMAL'}`)
      this.durability = durability
    }
    writing.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      writing.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (writing.isTransaction) writing.exec('ROLLBACK')
      throw error
    }
  }
}
