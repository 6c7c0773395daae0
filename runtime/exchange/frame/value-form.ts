/** Tells values apart as far as a frame does. */
import { BYTE_TYPES, Form, HOLE, Variety } from './layout.ts'

/**
 * Finds a character that takes two bytes. Of a string that V8 keeps in one byte a character it is known at once, which
 * is why it may be asked of thousands of strings together.
 */
export const WIDE = /[^\0-\xff]/

const formsByPrototype = new Map<object | null, number>([
  [null, Variety.bareObject],
  [Object.prototype, Variety.object],
  [Array.prototype, Variety.array],
  [Set.prototype, Variety.set],
  [Map.prototype, Variety.map],
  [Date.prototype, Form.date],
  ...BYTE_TYPES.map((type, index): [object, number] => [type.prototype, Form.bytes | (index << 8)]),
])

const plainPrototypes = new WeakMap<object, boolean>()

/**
 * The form that holds every value like this one, with its variety: `float64` for numbers, `bigint` for bigints, whichever
 * narrower one may do for some. Undefined when the value can't travel.
 */
export function formOf(value: unknown): number | undefined {
  switch (typeof value) {
    case 'number':
      return Form.float64
    case 'string':
      return WIDE.test(value) ? Form.utf16 : Form.latin1
    case 'boolean':
      return Form.boolean
    case 'bigint':
      return Form.bigint
    case 'undefined':
      return Form.undefined
    case 'object': {
      if (value === null) return Form.null
      const prototype = Object.getPrototypeOf(value)
      return formsByPrototype.get(prototype) ?? (isPlain(prototype) ? Variety.object : undefined)
    }
    case 'symbol':
      return value === HOLE ? Form.hole : undefined
    default:
      return undefined
  }
}

/** Whether instances are nothing but their fields: the class and those it extends have no methods and no accessors. */
function isPlain(prototype: object): boolean {
  let plain = plainPrototypes.get(prototype)
  if (plain === undefined) {
    plain = hasNoMembers(prototype)
    plainPrototypes.set(prototype, plain)
  }
  return plain
}

function hasNoMembers(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return prototype !== null
  return (
    Reflect.ownKeys(prototype).every((name) => name === 'constructor') && hasNoMembers(Object.getPrototypeOf(prototype))
  )
}
