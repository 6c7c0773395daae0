/** A table or a query as a source of one split, read along a column that only grows. */
import type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SplitDescription,
  SplitPlace,
} from '../../../topology/contract/source.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { Field } from '../../../topology/schema/types.ts'
import type { Database } from '../database.ts'
import type { PostgresSourceSettings } from '../settings.ts'
import { AT_START, type PostgresPosition, positionBehind } from './position.ts'
import { PostgresReader } from './reader.ts'
import { type Selects, selectsOf } from './select.ts'

export interface PostgresSourceOptions {
  readonly settings: PostgresSourceSettings
  readonly fields: readonly Field[]
  readonly openDatabase: () => Database
}

export class PostgresSource implements Source {
  private readonly options: PostgresSourceOptions
  private readonly selects: Selects
  private readonly doing: string

  constructor(options: PostgresSourceOptions) {
    this.options = options
    this.selects = selectsOf(options.settings, options.fields)
    const { from, name } = options.settings
    this.doing = 'table' in from ? `reading table ${from.table}` : `reading the query of "${name}"`
  }

  /** Names are looked at here, so that a wrong one fails the job's start. */
  async discoverSplits({ from = 'earliest', until }: SourceBounds): Promise<readonly SplitDescription[]> {
    const database = this.options.openDatabase()
    try {
      return await database.run(this.doing, async (session) => {
        const { probe, last } = this.selects
        await session.query(probe.sql, probe.values)
        const lastRow = async (beforeTime?: string): Promise<PostgresPosition> => {
          const { sql, values } = last(beforeTime)
          const [row] = await session.query(sql, values)
          return row === undefined ? AT_START : positionBehind(row, 0n)
        }
        const start =
          from === 'earliest' ? AT_START : from === 'latest' ? await lastRow() : (['0', this.timeOf(from)] as const)
        if (until === undefined) return [{ id: '0', index: 0, start }]
        const stop = await lastRow(until === 'latest' ? undefined : this.timeOf(until))
        return [{ id: '0', index: 0, start, stop }]
      })
    } finally {
      await database.close()
    }
  }

  createReader({ clock }: ReaderContext): SourceReader {
    const { settings, openDatabase } = this.options
    const { name, pollEveryMs, pageRows } = settings
    const { selects, doing } = this
    return new PostgresReader({ name, doing, selects, pollEveryMs, pageRows, clock, database: openDatabase() })
  }

  async close(): Promise<void> {}

  private timeOf(place: SplitPlace | { readonly group: string }): string {
    const { name, incrementBy } = this.options.settings
    const { kind } = this.options.fields.find((field) => field.name === incrementBy)!.type
    const isTime = kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'
    if (isTime && 'timestampMs' in place) return new Date(place.timestampMs).toISOString()
    throw new SluiceError('BOUNDS_UNSUPPORTED', `"${name}" is read along ${incrementBy}, a ${kind}, from a database`, {
      fix: isTime ? 'Give a time: there are no offsets and consumer groups.' : 'Give earliest or latest.',
    })
  }
}
