/**
 * Rows in a file that nobody else sees: an SQLite database that is unlinked as soon as it is open, so that its space is
 * given back however the process ends. Nothing is synced: checkpoints are what lasts.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { diskFailed } from './disk-failed.ts'
import type { RowBatch } from './row-batch.ts'

export type Row = readonly [key: Uint8Array, value: Uint8Array]

/** Pages that writing and reading hold, each. Read ones are mapped, where a limit on memory can reclaim them. */
const PAGE_CACHE_KIB = 16 * 1024
const MAPPED_BYTES = 2 ** 40
/** How many rows are read at a time: no cursor stays open from one turn to the next. */
const PAGE_ROWS = 256

export class ScratchStore {
  private readonly directory: string
  private readonly writer: DatabaseSync
  private readonly reader: DatabaseSync
  private readonly find: StatementSync
  private readonly put: StatementSync
  private readonly remove: StatementSync
  private readonly pages: RowPages
  private readonly viewed: RowPages

  /** @param directory where the file is made; made when it is not there. @throws {SluiceError} `STATE_DISK_FAILED` */
  constructor(directory: string) {
    this.directory = directory
    try {
      mkdirSync(directory, { recursive: true })
      const own = mkdtempSync(join(directory, 'state-'))
      this.writer = open(join(own, 'rows.db'))
      this.writer.exec(
        'PRAGMA journal_mode = WAL; CREATE TABLE rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID',
      )
      this.reader = open(join(own, 'rows.db'))
      this.find = arrays(this.writer.prepare('SELECT value FROM rows WHERE key = ?'))
      this.put = this.writer.prepare(
        'INSERT INTO rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      this.remove = this.writer.prepare('DELETE FROM rows WHERE key = ?')
      this.pages = new RowPages(this.writer)
      this.viewed = new RowPages(this.reader)
      // Each has opened all files of the database once it has read.
      this.viewed.probe()
      rmSync(own, { recursive: true })
    } catch (error) {
      throw diskFailed(directory, error)
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.find.get(key) as unknown as [Uint8Array] | undefined
    return row?.[0]
  }

  /** All of it or nothing. @throws {SluiceError} `STATE_DISK_FAILED`, as when the disk is full */
  write(batch: RowBatch): void {
    try {
      this.writer.exec('BEGIN')
      batch.forEach((key, value) => {
        if (value === undefined) this.remove.run(key)
        else this.put.run(key, value)
      })
      this.writer.exec('COMMIT')
    } catch (error) {
      if (this.writer.isTransaction) this.writer.exec('ROLLBACK')
      throw diskFailed(this.directory, error)
    }
  }

  /** From `start` to before `end`, in order; what is written meanwhile may be seen or not. */
  rows(start: Uint8Array, end: Uint8Array): Iterable<Row> {
    return this.pages.rows(start, end)
  }

  /** The rows as they are now, whatever is written afterwards. One at a time, to be closed: the log grows until then. */
  view(): RowView {
    const { reader, viewed } = this
    reader.exec('BEGIN')
    viewed.probe()
    return {
      rows: (start, end) => viewed.rows(start, end),
      close: () => reader.exec('ROLLBACK'),
    }
  }

  close(): void {
    this.reader.close()
    this.writer.close()
  }
}

export interface RowView {
  /** From `start` to before `end`, in order. */
  rows(start: Uint8Array, end: Uint8Array): Iterable<Row>
  close(): void
}

/** Reads rows of one connection. */
class RowPages {
  private readonly from: StatementSync
  private readonly after: StatementSync

  constructor(database: DatabaseSync) {
    const page = (bound: string) =>
      arrays(
        database.prepare(
          `SELECT key, value FROM rows WHERE key ${bound} ? AND key < ? ORDER BY key LIMIT ${PAGE_ROWS}`,
        ),
      )
    this.from = page('>=')
    this.after = page('>')
  }

  /** Reads something: a transaction begins with its first read. */
  probe(): void {
    this.from.all(new Uint8Array(), new Uint8Array())
  }

  *rows(start: Uint8Array, end: Uint8Array): Generator<Row> {
    let page = this.from.all(start, end) as unknown as Row[]
    for (;;) {
      yield* page
      if (page.length < PAGE_ROWS) return
      page = this.after.all(page.at(-1)![0], end) as unknown as Row[]
    }
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA synchronous = OFF; PRAGMA cache_size = -${PAGE_CACHE_KIB}; PRAGMA mmap_size = ${MAPPED_BYTES}`)
  return database
}

function arrays(statement: StatementSync): StatementSync {
  statement.setReturnArrays(true)
  return statement
}
