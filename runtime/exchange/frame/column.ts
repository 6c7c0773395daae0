/** Columns of a frame: their values are made when somebody first asks, and FRAME_CORRUPT may be thrown then. */
import { frameCorrupt } from './frame-corrupt.ts'
import type { ObjectMaker } from './object-maker.ts'

export class Column {
  readonly length: number
  private readonly make: () => ArrayLike<unknown>
  private made: ArrayLike<unknown> | undefined

  constructor(length: number, make: () => ArrayLike<unknown>) {
    this.length = length
    this.make = make
  }

  get values(): ArrayLike<unknown> {
    this.made ??= this.make()
    return this.made
  }

  /** A field of every value, without making the values; undefined when not all are objects. */
  field(_name: string): ArrayLike<unknown> | undefined {
    return undefined
  }
}

/** Objects of one shape. */
export class ObjectColumn extends Column {
  private readonly names: readonly string[]
  private readonly fields: readonly Column[]

  constructor(length: number, maker: ObjectMaker, fields: readonly Column[]) {
    super(length, () =>
      maker.make(
        fields.map((field) => field.values),
        length,
      ),
    )
    this.names = maker.names
    this.fields = fields
  }

  override field(name: string): ArrayLike<unknown> {
    const field = this.fields[this.names.indexOf(name)]
    return field === undefined ? new Array(this.length).fill(undefined) : field.values
  }
}

/** Values of several forms: `selectors` says for each which of the parts has it. */
export class MixColumn extends Column {
  private readonly selectors: Uint8Array
  private readonly parts: readonly Column[]

  constructor(selectors: Uint8Array, parts: readonly Column[]) {
    super(selectors.length, () =>
      interleave(
        selectors,
        parts.map((part) => part.values),
      ),
    )
    this.selectors = selectors
    this.parts = parts
  }

  override field(name: string): ArrayLike<unknown> | undefined {
    const fields: ArrayLike<unknown>[] = []
    for (const part of this.parts) {
      const field = part.field(name)
      if (field === undefined) return undefined
      fields.push(field)
    }
    return interleave(this.selectors, fields)
  }
}

/** Together the parts have as many values as there are selectors. */
function interleave(selectors: Uint8Array, parts: readonly ArrayLike<unknown>[]): unknown[] {
  const values = new Array(selectors.length)
  const taken = new Uint32Array(parts.length)
  for (let index = 0; index < selectors.length; index++) {
    const selector = selectors[index]!
    const part = parts[selector]
    if (part === undefined || taken[selector]! >= part.length) throw frameCorrupt('a mixed column lacks a value')
    values[index] = part[taken[selector]!++]
  }
  return values
}
