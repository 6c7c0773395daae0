/** The rows of a quarantine table, page by page, as the records they were: those of `PoisonedRecord`, and of bronze's rules. */
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'
import type { OutgoingRecord, RecordHeader } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'

/** Which rows: all, those that a condition in SQL holds for, those quarantined since a moment. */
export interface LetterChoice {
  readonly table: string
  readonly where: string | undefined
  readonly sinceMs: number | undefined
}

/** A record that is to be published again. */
export interface DeadLetter {
  /** Tells it from every other record of its topic, also where a topic was made anew. */
  readonly origin: string
  readonly partition: number
  readonly offset: bigint
  readonly timestampMicros: bigint
  readonly record: OutgoingRecord
}

/** Behind which letter a page begins. By the timestamp too: a topic that was made anew has the same offsets again. */
export type LetterPlace = Pick<DeadLetter, 'partition' | 'offset' | 'timestampMicros'>

/** Of the record, where it came from; of its failure, what was said. */
export const ORIGIN_HEADER = 'sluice-replay-of'
export const ERROR_HEADER = 'sluice-replay-error'

const PLACE = 'source_partition, source_offset, epoch_us(source_timestamp)'

const REQUIRED = [
  'source_topic',
  'source_partition',
  'source_offset',
  'source_timestamp',
  'raw_payload',
  'quarantined_at',
]

export class DeadLetters {
  private readonly engine: QueryEngine
  private readonly choice: LetterChoice
  private readonly columns: ReadonlySet<string>
  /** All pages are of one snapshot: what is quarantined meanwhile comes with the next replay. */
  private readonly snapshot: { readonly snapshotId?: bigint }

  private constructor(
    engine: QueryEngine,
    choice: LetterChoice,
    columns: ReadonlySet<string>,
    snapshotId: bigint | undefined,
  ) {
    this.engine = engine
    this.choice = choice
    this.columns = columns
    this.snapshot = snapshotId === undefined ? {} : { snapshotId }
  }

  /** @throws {SluiceError} `TABLE_NOT_FOUND`, `REPLAY_IMPOSSIBLE` when the table has not what a record is made of */
  static async open(tables: TableCatalog, engine: QueryEngine, choice: LetterChoice): Promise<DeadLetters> {
    const { fields, currentSnapshotId } = await tables.describeTable(choice.table)
    const columns = new Set(fields.map(({ name }) => name))
    const missing = REQUIRED.filter((name) => !columns.has(name))
    if (missing.length > 0) {
      throw new SluiceError('REPLAY_IMPOSSIBLE', `table ${choice.table} has no column ${missing.join(', ')}`, {
        fix: "Name a table that keeps records as they were received: of PoisonedRecord, or of what bronzeLayer's stream has quarantined.",
        details: { table: choice.table, missing },
      })
    }
    return new DeadLetters(engine, choice, columns, currentSnapshotId)
  }

  /** How many rows were chosen, by the topic that they came from. */
  async topics(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.query('SELECT source_topic, count(*)', 'GROUP BY source_topic ORDER BY source_topic')
    return new Map(rows.map(([topic, count]) => [String(topic), Number(count)]))
  }

  /** In the order of partitions and offsets. */
  async page(topic: string, after: LetterPlace | undefined, maxRows: number): Promise<readonly DeadLetter[]> {
    const of = (column: string) => (this.columns.has(column) ? column : 'NULL')
    const columns = [PLACE, 'raw_payload', of('key'), of('headers'), this.columns.has('error') ? 'error' : of('reason')]
    const behind =
      after === undefined ? '' : `AND (${PLACE}) > (${after.partition}, ${after.offset}, ${after.timestampMicros})`
    const rows = await this.query(
      `SELECT ${columns.join(', ')}`,
      `AND source_topic = ${literal(topic)} ${behind} ORDER BY ${PLACE} LIMIT ${maxRows}`,
    )
    return rows.map((row) => toLetter(topic, row))
  }

  private async query(select: string, rest: string): Promise<readonly (readonly Json[])[]> {
    const { table, where, sinceMs } = this.choice
    // A comment at the end of the condition must not swallow what follows.
    const condition = where === undefined ? 'true' : `(${where}\n)`
    const since = sinceMs === undefined ? '' : `AND quarantined_at >= to_timestamp(${sinceMs / 1000})`
    const sql = `${select} FROM ${table} WHERE ${condition} ${since} ${rest}`
    return (await this.engine.query(sql, this.snapshot)).rows
  }
}

function toLetter(topic: string, row: readonly Json[]): DeadLetter {
  const [partition, offset, micros, payload, key, headers, error] = row
  return {
    origin: `${partition}/${offset}@${micros}`,
    partition: Number(partition),
    offset: BigInt(String(offset)),
    timestampMicros: BigInt(String(micros)),
    record: {
      key: bytes(key ?? null),
      value: bytes(payload ?? null),
      timestampMs: Number(micros) / 1000,
      headers: [
        ...originalHeaders(headers),
        { key: ORIGIN_HEADER, value: Buffer.from(`${topic}/${partition}/${offset}`) },
        { key: ERROR_HEADER, value: Buffer.from(String(error ?? '')) },
      ],
    },
  }
}

/** Without those of an earlier replay. */
function originalHeaders(headers: Json | undefined): readonly RecordHeader[] {
  return ((headers ?? []) as { readonly key: string; readonly value: string | null }[])
    .filter(({ key }) => key !== ORIGIN_HEADER && key !== ERROR_HEADER)
    .map(({ key, value }) => ({ key, value: bytes(value) }))
}

/** Binary comes as hexadecimal. */
function bytes(hex: Json): Uint8Array | null {
  return hex === null ? null : Buffer.from(String(hex), 'hex')
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
