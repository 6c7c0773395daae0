/** Columns of structs, lists and maps: their members are columns of their own. */
import type { Batch } from '../../../topology/element.ts'
import { ColumnBuffer } from './column-buffer.ts'

/** Refuses nulls in a member that must be there, but for rows where its parent is null. */
function checkRequired(column: ColumnBuffer, nullsBefore: number, nullParents: number): void {
  if (column.nullCount - nullsBefore > nullParents) {
    throw new TypeError(`column '${column.name}' is required, and a row has null`)
  }
}

export interface Member {
  readonly name: string
  readonly required: boolean
  readonly column: ColumnBuffer
}

/** Appends to a member and checks that what is required is there. */
export function appendMember(
  member: Member,
  values: ArrayLike<unknown>,
  rows: Uint32Array | undefined,
  count: number,
  nullParents: number,
): void {
  const nullsBefore = member.column.nullCount
  member.column.append(values, rows, count)
  if (member.required) checkRequired(member.column, nullsBefore, nullParents)
}

/** The same of a batch's column, by copying typed arrays where it has them and all of its rows are wanted. */
export function appendColumn(member: Member, batch: Batch<any>, rows: Uint32Array | undefined, count: number): void {
  const { column, name, required } = member
  const encoded = rows === undefined ? batch.encoded(name) : undefined
  const nullsBefore = column.nullCount
  if (encoded !== undefined && column.appendEncoded(encoded, count)) {
    if (required) checkRequired(column, nullsBefore, 0)
  } else appendMember(member, batch.column(name), rows, count, 0)
}

export class StructColumn extends ColumnBuffer {
  private readonly members: readonly Member[]

  constructor(name: string, members: readonly Member[]) {
    super(name)
    this.members = members
  }

  get sizeBytes(): number {
    return this.members.reduce((sum, member) => sum + member.column.sizeBytes, 0)
  }

  protected grow(): void {}

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const structs: (Record<string, unknown> | null)[] = []
    let nulls = 0
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value === null || value === undefined) {
        this.setNull(this.length + i)
        nulls++
        structs.push(null)
      } else if (typeof value === 'object') structs.push(value as Record<string, unknown>)
      else this.refuse(value, 'an object')
    }
    for (const member of this.members) {
      const column = structs.map((struct) => (struct === null ? null : struct[member.name]))
      appendMember(member, column, undefined, count, nulls)
    }
  }

  protected detach() {
    return { values: undefined, offsets: undefined, children: this.members.map((member) => member.column.take()) }
  }
}

abstract class RepeatedColumn extends ColumnBuffer {
  protected offsets = new Int32Array(1)

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity + 1)
    grown.set(this.offsets)
    this.offsets = grown
  }

  protected takeOffsets(): Int32Array {
    const { offsets } = this
    this.offsets = new Int32Array(1)
    return offsets
  }
}

export class ListColumn extends RepeatedColumn {
  private readonly element: Member

  constructor(name: string, element: Member) {
    super(name)
    this.element = element
  }

  get sizeBytes(): number {
    return this.length * 4 + this.element.column.sizeBytes
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const elements: unknown[] = []
    const before = this.element.column.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value === null || value === undefined) this.setNull(this.length + i)
      else if (Array.isArray(value)) for (const element of value) elements.push(element)
      else this.refuse(value, 'an array')
      this.offsets[this.length + i + 1] = before + elements.length
    }
    appendMember(this.element, elements, undefined, elements.length, 0)
  }

  protected detach() {
    return { values: undefined, offsets: this.takeOffsets(), children: [this.element.column.take()] }
  }
}

export class MapColumn extends RepeatedColumn {
  private readonly key: Member
  private readonly value: Member

  constructor(name: string, key: Member, value: Member) {
    super(name)
    this.key = key
    this.value = value
  }

  get sizeBytes(): number {
    return this.length * 4 + this.key.column.sizeBytes + this.value.column.sizeBytes
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const keys: unknown[] = []
    const members: unknown[] = []
    const before = this.key.column.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value === null || value === undefined) this.setNull(this.length + i)
      else if (value instanceof Map) {
        for (const [key, member] of value) {
          keys.push(key)
          members.push(member)
        }
      } else this.refuse(value, 'a Map')
      this.offsets[this.length + i + 1] = before + keys.length
    }
    appendMember(this.key, keys, undefined, keys.length, 0)
    appendMember(this.value, members, undefined, members.length, 0)
  }

  /** Arrow keeps a map as a list of entries: the struct of key and value is made from the two by the worker. */
  protected detach() {
    return {
      values: undefined,
      offsets: this.takeOffsets(),
      children: [this.key.column.take(), this.value.column.take()],
    }
  }
}
