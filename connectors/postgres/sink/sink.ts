/** A table as a sink: rows are staged at the barrier, and put in place once their checkpoint is complete. */
import type { z } from 'zod'
import type {
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../../topology/contract/sink.ts'
import type { Field } from '../../../topology/schema/types.ts'
import type { Database } from '../database.ts'
import type { PostgresSinkSettings } from '../settings.ts'
import { PostgresCommitter } from './committer.ts'
import { ensureOwnTables } from './own-tables.ts'
import { upsertStatement } from './target.ts'
import { PostgresWriter } from './writer.ts'

export interface PostgresSinkOptions {
  readonly settings: PostgresSinkSettings
  readonly schema: z.ZodObject
  readonly fields: readonly Field[]
  readonly openDatabase: () => Database
  readonly faultPoint: (name: string) => void
}

export class PostgresSink implements Sink {
  private readonly options: PostgresSinkOptions

  constructor(options: PostgresSinkOptions) {
    this.options = options
  }

  /** The committer is there before: it has made the tables. */
  async createWriter(context: WriterContext): Promise<SinkWriter> {
    const { settings, schema, openDatabase, faultPoint } = this.options
    return new PostgresWriter({ name: settings.name, schema, database: openDatabase(), faultPoint }, context)
  }

  /** The table is looked at here, so that what does not fit fails the job's start. */
  async createCommitter(context: CommitterContext): Promise<SinkCommitter> {
    const { settings, fields, openDatabase, faultPoint } = this.options
    const { table } = settings
    const database = openDatabase()
    try {
      const upsert = await database.transaction(`opening table ${table}`, async (session) => {
        await ensureOwnTables(session)
        const statement = await upsertStatement(session, settings, fields)
        // Planning it tells what is missing: the unique index, a grant.
        await session.query(`EXPLAIN ${statement}`, ['', '', 0, 0, 0])
        return statement
      })
      return new PostgresCommitter({ database, table, upsert, faultPoint }, context)
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async close(): Promise<void> {}
}
