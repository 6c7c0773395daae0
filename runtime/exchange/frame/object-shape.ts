/** Objects of one shape, the same fields in the same order, taken apart into columns. */
import { generated, quoted } from '../../../topology/generated.ts'
import { MAX_FIELDS } from './layout.ts'
import { remembered } from './remembered.ts'

type TakeApart = (objects: readonly any[], prototype: object | null) => unknown[][] | undefined

/** Code is made once a shape has been met on this many objects. */
const WORTH_GENERATING = 1000

export class ObjectShape {
  readonly names: readonly string[]
  /** The names as a frame holds them. */
  readonly encodedNames: Buffer
  private takeApart: TakeApart
  private objectsSeen = 0

  constructor(json: string) {
    this.names = JSON.parse(json)
    this.encodedNames = Buffer.from(json)
    this.takeApart = slowTakeApart(this.names)
  }

  /** A column for each field; undefined when some value is no object of this shape and prototype. */
  columns(values: readonly unknown[], prototype: object | null): unknown[][] | undefined {
    if (this.objectsSeen < WORTH_GENERATING) {
      this.objectsSeen += values.length
      if (this.objectsSeen >= WORTH_GENERATING) this.takeApart = generateTakeApart(this.names, this.takeApart)
    }
    return this.takeApart(values, prototype)
  }

  /** Whether an object with these keys and another of this shape have the same fields in the same order. */
  has(keys: readonly string[]): boolean {
    const { names } = this
    if (keys.length !== names.length) return false
    for (let index = 0; index < keys.length; index++) if (keys[index] !== names[index]) return false
    return true
  }
}

/** Whether objects with these names are to be taken apart; others are written as entries. */
export function makesShape(names: readonly string[]): boolean {
  return names.length > 0 && names.length <= MAX_FIELDS
}

const shapeOfJson = remembered((json) => new ObjectShape(json))

export function objectShape(names: readonly string[]): ObjectShape {
  return shapeOfJson(JSON.stringify(names))
}

/**
 * One pass over the objects: each is looked at once, by code that knows its fields. Names are compared one by one with
 * literals; a `for…in` would be as fast, but takes in what somebody has added to Object.prototype.
 */
function generateTakeApart(names: readonly string[], slow: TakeApart): TakeApart {
  const columns = names.map((_, index) => `c${index}`)
  const isOther = names.map((name, index) => ` || keys[${index}] !== ${quoted(name)}`).join('')
  const code = `
    const length = objects.length
    ${columns.map((column) => `const ${column} = new Array(length)`).join('\n')}
    for (let index = 0; index < length; index++) {
      const object = objects[index]
      if (typeof object !== 'object' || object === null) return undefined
      ${names.map((name, index) => `c${index}[index] = object[${quoted(name)}]`).join('\n')}
      if (Object.getPrototypeOf(object) !== prototype) return undefined
      const keys = Object.keys(object)
      if (keys.length !== ${names.length}${isOther}) return undefined
    }
    return [${columns.join(', ')}]`
  return generated<TakeApart>(['objects', 'prototype'], code, slow)
}

function slowTakeApart(names: readonly string[]): TakeApart {
  return (objects, prototype) => {
    const columns = names.map((): unknown[] => [])
    for (const object of objects) {
      if (typeof object !== 'object' || object === null || Object.getPrototypeOf(object) !== prototype) return undefined
      const keys = Object.keys(object)
      if (keys.length !== names.length) return undefined
      for (let index = 0; index < keys.length; index++) {
        const name = keys[index]!
        if (name !== names[index]) return undefined
        columns[index]!.push(object[name])
      }
    }
    return columns
  }
}
