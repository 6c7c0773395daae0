/**
 * A schema registry in an SQLite file, so that topics in Avro and Protobuf need no server: ids, subjects and checks as
 * Confluent's has them. Several processes may use it at once.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SluiceError } from '../../../topology/errors.ts'
import type { Compatibility } from '../../../topology/format.ts'
import { schemaProblems } from '../codecs.ts'
import type { RegisteredSchema, SchemaRegistry, SchemaType } from '../registry.ts'
import { schemaIncompatible } from '../registry.ts'
import { evolutionProblems } from './compatibility.ts'

export interface EmbeddedRegistryOptions {
  /** Of the database file; made when missing. */
  readonly path: string
}

const BUSY_TIMEOUT_MS = 10_000
const DEFAULT_COMPATIBILITY: Compatibility = 'BACKWARD'

/** What is registered stays: there is no deleting, so that an id means one schema for ever. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS schema (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (type, text)
  );
  CREATE TABLE IF NOT EXISTS version (
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    id INTEGER NOT NULL REFERENCES schema (id),
    PRIMARY KEY (subject, version),
    UNIQUE (subject, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS compatibility (subject TEXT PRIMARY KEY, level TEXT NOT NULL) WITHOUT ROWID;
`

/** @throws {SluiceError} `REGISTRY_UNUSABLE` when the file can't be opened */
export function openEmbeddedRegistry({ path }: EmbeddedRegistryOptions): SchemaRegistry {
  const database = openDatabase(path)
  const prepare = (sql: string) => database.prepare(sql)
  const byId = prepare('SELECT type, text AS schema FROM schema WHERE id = ?')
  const versions = prepare(
    'SELECT id, type, text AS schema FROM version JOIN schema USING (id) WHERE subject = ? ORDER BY version',
  )
  const level = prepare('SELECT level FROM compatibility WHERE subject = ?')
  const setLevel = prepare('INSERT OR REPLACE INTO compatibility VALUES (?, ?)')
  const addSchema = prepare('INSERT INTO schema (type, text) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const idOf = prepare('SELECT id FROM schema WHERE type = ? AND text = ?')
  const addVersion = prepare(
    'INSERT INTO version SELECT ?, 1 + coalesce(max(version), 0), ? FROM version WHERE subject = ?',
  )

  function versionsOf(subject: string): readonly StoredVersion[] {
    return versions.all(subject) as unknown as readonly StoredVersion[]
  }

  function check(subject: string, schema: RegisteredSchema, earlier: readonly StoredVersion[]): void {
    const { level: own } = (level.get(subject) ?? {}) as { readonly level?: Compatibility }
    const asked = own ?? DEFAULT_COMPATIBILITY
    if (asked === 'NONE') return
    const others = earlier.find(({ type }) => type !== schema.type)
    if (others !== undefined) throw schemaIncompatible(subject, `its schemas are ${others.type}, not ${schema.type}`)
    const found = evolutionProblems<RegisteredSchema>(asked, schema, earlier, schemaProblems)
    if (found.length > 0) throw schemaIncompatible(subject, `${found.join('; ')} (compatibility ${asked})`)
  }

  return {
    address: path,
    async schemaById(id) {
      return byId.get(id) as unknown as RegisteredSchema | undefined
    },
    async latestSchema(subject) {
      return versionsOf(subject).at(-1)
    },
    async setCompatibility(subject, compatibility) {
      setLevel.run(subject, compatibility)
    },
    async register(subject, schema) {
      return inTransaction(database, () => {
        const earlier = versionsOf(subject)
        const known = earlier.find((each) => each.type === schema.type && each.schema === schema.schema)
        if (known !== undefined) return known.id
        check(subject, schema, earlier)
        addSchema.run(schema.type, schema.schema)
        const { id } = idOf.get(schema.type, schema.schema) as { readonly id: number }
        addVersion.run(subject, id, subject)
        return id
      })
    },
    async close() {
      database.close()
    },
  }
}

interface StoredVersion extends RegisteredSchema {
  readonly id: number
  readonly type: SchemaType
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    // Without a write-ahead log, for which processes that open a new file at once get in each other's way: writes are rare.
    const opened = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    database = opened
    inTransaction(opened, () => opened.exec(TABLES))
    return opened
  } catch (cause) {
    database?.close()
    throw new SluiceError('REGISTRY_UNUSABLE', `the schemas in ${path} can't be opened: ${(cause as Error).message}`, {
      cause,
      fix: 'Make it a file that this user may write, or set SCHEMA_REGISTRY_URL to use a server.',
      details: { path },
    })
  }
}

/** One writer at a time, which sees what those before it wrote. */
function inTransaction<R>(database: DatabaseSync, run: () => R): R {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
