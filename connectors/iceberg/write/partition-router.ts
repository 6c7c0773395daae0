/** Which partition each row of a batch belongs to. */
import type { Batch } from '../../../topology/element.ts'
import type { PartitionField, PartitionValues } from '../format/partition-spec.ts'
import { bindTransform, dayOfMicros, type TransformFunction } from '../format/transform.ts'
import type { Value } from '../format/value.ts'

/** The rows of a batch that fall into one partition. */
export interface PartitionRows {
  readonly key: string | Value | null
  readonly values: PartitionValues
  /** Undefined: all of them. */
  rows: Uint32Array | undefined
  count: number
}

type BatchColumn = (batch: Batch<any>) => ArrayLike<unknown>

/** Routes by one or several partition fields; the common case, one field and one value in the batch, copies nothing. */
export class PartitionRouter {
  private readonly fields: readonly { readonly column: BatchColumn; readonly transform: TransformFunction }[]

  /** @param pathOf the names from the root to a field, which may lie inside structs. */
  constructor(fields: readonly PartitionField[], pathOf: (field: PartitionField) => readonly string[]) {
    this.fields = fields.map((field) => ({
      column: columnAt(pathOf(field)),
      transform: isDayOfTimestamp(field) ? cachedDay() : bindTransform(field.transform, field.sourceType),
    }))
  }

  route(batch: Batch<any>): PartitionRows[] {
    const [first, ...others] = this.fields
    if (first === undefined) return [{ key: null, values: [], rows: undefined, count: batch.length }]
    return others.length === 0 ? this.routeByOne(batch) : this.routeByMany(batch)
  }

  private routeByOne(batch: Batch<any>): PartitionRows[] {
    const { column, transform } = this.fields[0]!
    const sources = column(batch)
    const groups = new Groups(batch.length)
    for (let row = 0; row < batch.length; row++) {
      const value = transform(sources[row])
      const key = keyOf(value)
      if (!groups.continues(key)) groups.turnTo(key, [value])
      groups.add(row)
    }
    return groups.finish()
  }

  private routeByMany(batch: Batch<any>): PartitionRows[] {
    const columns = this.fields.map(({ column }) => column(batch))
    const groups = new Groups(batch.length)
    for (let row = 0; row < batch.length; row++) {
      const values = this.fields.map(({ transform }, i) => transform(columns[i]![row]))
      const key = values.map((value) => `${typeof value}:${String(keyOf(value))}`).join('\u0000')
      if (!groups.continues(key)) groups.turnTo(key, values)
      groups.add(row)
    }
    return groups.finish()
  }
}

/** Collects row numbers by partition; row numbers are kept only once a second partition turns up. */
class Groups {
  private readonly rowCount: number
  private readonly byKey = new Map<PartitionRows['key'], PartitionRows>()
  private current: PartitionRows | undefined

  constructor(rowCount: number) {
    this.rowCount = rowCount
  }

  continues(key: PartitionRows['key']): boolean {
    return this.current !== undefined && this.current.key === key
  }

  turnTo(key: PartitionRows['key'], values: PartitionValues): void {
    let group = this.byKey.get(key)
    if (group === undefined) {
      // The rows so far all belonged to the first group: now they must be written down.
      if (this.byKey.size === 1) this.current!.rows = ascending(this.rowCount)
      group = { key, values, rows: this.byKey.size === 0 ? undefined : new Uint32Array(this.rowCount), count: 0 }
      this.byKey.set(key, group)
    }
    this.current = group
  }

  add(row: number): void {
    const group = this.current!
    if (group.rows !== undefined) group.rows[group.count] = row
    group.count++
  }

  finish(): PartitionRows[] {
    return [...this.byKey.values()]
  }
}

function ascending(count: number): Uint32Array {
  const rows = new Uint32Array(count)
  for (let i = 0; i < count; i++) rows[i] = i
  return rows
}

/** Bytes have no identity by value: their hexadecimal form stands in. −0 and +0 are two partitions, as in Iceberg. */
function keyOf(value: Value | null): string | Value | null {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Object.is(value, -0) ? '-0' : value
}

function columnAt(path: readonly string[]): BatchColumn {
  const [root, ...members] = path as [string, ...string[]]
  if (members.length === 0) return (batch) => batch.column(root)
  return (batch) =>
    Array.from(batch.column(root), (struct) =>
      members.reduce<any>((value, name) => (value === null || value === undefined ? null : value[name]), struct),
    )
}

function isDayOfTimestamp({ transform, sourceType }: PartitionField): boolean {
  return transform.kind === 'day' && (sourceType.kind === 'timestamp' || sourceType.kind === 'timestamptz')
}

/** Rows come in runs of a day: two comparisons tell that it is still the same. */
function cachedDay(): TransformFunction {
  let start = 1n
  let end = 0n
  let day = 0
  return (value) => {
    if (value === null || value === undefined) return null
    if (typeof value === 'bigint' && value >= start && value < end) return day
    day = dayOfMicros(value as bigint | number)
    start = BigInt(day) * 86_400_000_000n
    end = start + 86_400_000_000n
    return day
  }
}
