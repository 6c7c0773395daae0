/** Sorts the values of a mixed column into parts of one form each. */
import { Form, Variety } from './layout.ts'
import { makesShape, type ObjectShape, objectShape } from './object-shape.ts'

/** All objects of a column are written as entries when they have more shapes than this: names are data then. */
const MAX_SHAPES = 64

export interface Part {
  readonly form: number
  readonly values: unknown[]
  /** Of objects: they are alike in it, and in their prototype. */
  readonly shape: ObjectShape | undefined
  readonly prototype: object | null | undefined
}

export interface Mix {
  readonly parts: readonly Part[]
  /** The part of each value. */
  readonly selectors: Uint8Array
}

export function sortByForm(values: readonly unknown[], formOf: (value: unknown) => number): Mix {
  return sort(values, formOf, true) ?? sort(values, formOf, false)!
}

/** Returns undefined when the objects have too many shapes. */
function sort(values: readonly any[], formOf: (value: unknown) => number, byShape: boolean): Mix | undefined {
  const parts: Part[] = []
  const selectors = new Uint8Array(values.length)
  let shapes = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    let form = formOf(value)
    let names: readonly string[] | undefined
    let prototype: object | null | undefined
    if ((form & 0xff) === Form.object) {
      names = Object.keys(value)
      prototype = Object.getPrototypeOf(value)
      if (!byShape || !makesShape(names)) {
        names = undefined
        form = form === Variety.object ? Variety.objectEntries : Variety.bareObjectEntries
      }
    }
    let part = 0
    while (part < parts.length && !isPartOf(parts[part]!, form, names, prototype)) part++
    if (part === parts.length) {
      if (names !== undefined && ++shapes > MAX_SHAPES) return undefined
      parts.push({ form, values: [], shape: names && objectShape(names), prototype })
    }
    parts[part]!.values.push(value)
    selectors[index] = part
  }
  return { parts, selectors }
}

function isPartOf(
  part: Part,
  form: number,
  names: readonly string[] | undefined,
  prototype: object | null | undefined,
): boolean {
  if (part.form !== form) return false
  return names === undefined || (part.prototype === prototype && part.shape!.has(names))
}
