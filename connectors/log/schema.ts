/** The tables of log.db and the version of their format. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SluiceError } from '../../topology/errors.ts'
import { isBusy, toLogError } from './errors.ts'

/** Raised with every change that an older Sluice would read wrongly. */
const LOG_FORMAT_VERSION = 3

/** How long a connection blocks on another process's lock before it gives the event loop back. */
const BUSY_TIMEOUT_MS = 100
const OPEN_ATTEMPTS = 100
/** 16 KiB: a batch of a hundred records takes a few pages instead of a dozen. */
const PAGE_SIZE_BYTES = 16_384

/*
 * record_batch_position holds the timestamp too, so that a search by time reads the index only.
 * Committed batches are never updated; a trim deletes from the front of a partition.
 * sink_epoch names the newest attempt of each sink and the last checkpoint it committed; staged_batch holds what sinks have
 * prepared and not committed.
 */
const TABLES = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE topic (
    topic_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL,
    retention_ms REAL,
    cleanup_policy TEXT NOT NULL DEFAULT 'delete'
  );
  CREATE TABLE partition (
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    earliest_offset INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition)
  ) WITHOUT ROWID;
  CREATE TABLE record_batch (
    batch_id INTEGER PRIMARY KEY,
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    base_offset INTEGER NOT NULL,
    record_count INTEGER NOT NULL,
    max_timestamp_ms REAL NOT NULL,
    crc32 INTEGER NOT NULL,
    packed BLOB NOT NULL
  );
  CREATE INDEX record_batch_position ON record_batch (topic_id, partition, base_offset, max_timestamp_ms);
  CREATE TABLE sink_epoch (
    job TEXT NOT NULL,
    sink_uid TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    checkpoint_id INTEGER,
    PRIMARY KEY (job, sink_uid)
  ) WITHOUT ROWID;
  CREATE TABLE staged_batch (
    staged_id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    sink_uid TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    record_count INTEGER NOT NULL,
    max_timestamp_ms REAL NOT NULL,
    crc32 INTEGER NOT NULL,
    packed BLOB NOT NULL
  );
  INSERT INTO meta VALUES ('format_version', '${LOG_FORMAT_VERSION}');
`

/**
 * From an older version. 2 added tombstones and headers to the packed records, and what 1 wrote is read as it is; 3 added
 * what becomes of old records.
 */
const UPGRADE = `
  ALTER TABLE topic ADD COLUMN cleanup_policy TEXT NOT NULL DEFAULT 'delete';
  UPDATE meta SET value = '${LOG_FORMAT_VERSION}' WHERE key = 'format_version';
`
const UPGRADED: readonly (string | undefined)[] = ['1', '2']

/** The connection that writes; makes the file and its tables when they are not there. */
export function openWriting(path: string, maxSizeBytes: number | undefined): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  return untilFree(path, () => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      database.exec(`PRAGMA page_size = ${PAGE_SIZE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
      database.exec('PRAGMA journal_size_limit = 67108864')
      if (maxSizeBytes !== undefined) {
        database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxSizeBytes / PAGE_SIZE_BYTES))}`)
      }
      if (formatVersion(database) === undefined) inTransaction(database, createTables)
      if (UPGRADED.includes(formatVersion(database))) inTransaction(database, upgrade)
      requireKnownVersion(path, formatVersion(database))
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** A connection that only reads. The writing one must have been opened before. */
export function openReading(path: string): DatabaseSync {
  return untilFree(path, () => new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }))
}

/** Two processes that open a new file at once get in each other's way, and SQLite does not always wait by itself. */
function untilFree<T>(path: string, open: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return open()
    } catch (error) {
      if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw toLogError(error, path, 'opening')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

/** Another process may have been first: `change` looks again. */
function inTransaction(database: DatabaseSync, change: (database: DatabaseSync) => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    change(database)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function createTables(database: DatabaseSync): void {
  if (formatVersion(database) === undefined) database.exec(TABLES)
}

function upgrade(database: DatabaseSync): void {
  if (UPGRADED.includes(formatVersion(database))) database.exec(UPGRADE)
}

function formatVersion(database: DatabaseSync): string | undefined {
  const isLog = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined
  if (!isLog) return undefined
  const row = database.prepare("SELECT value FROM meta WHERE key = 'format_version'").get()
  return row === undefined ? 'none' : String(row['value'])
}

function requireKnownVersion(path: string, version: string | undefined): void {
  if (version === String(LOG_FORMAT_VERSION)) return
  throw new SluiceError(
    'LOG_FORMAT_UNSUPPORTED',
    `log ${path}: it is of format version ${version}, and this Sluice reads version ${LOG_FORMAT_VERSION}`,
    {
      fix: 'Use the Sluice version that wrote it, or another data directory.',
      details: { path, version, supported: LOG_FORMAT_VERSION },
    },
  )
}
