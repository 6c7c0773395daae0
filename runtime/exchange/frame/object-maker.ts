/** Puts objects together from columns, one for each of their fields. */
import { generated, quoted } from '../../../topology/generated.ts'
import { frameCorrupt } from './frame-corrupt.ts'
import { MAX_FIELDS } from './layout.ts'
import { remembered } from './remembered.ts'

type PutTogether = (columns: readonly ArrayLike<unknown>[], length: number) => object[]

/** Code is made once this many objects of a shape have come. */
const WORTH_GENERATING = 1000

export class ObjectMaker {
  readonly names: readonly string[]
  private readonly isBare: boolean
  private putTogether: PutTogether
  private objectsMade = 0

  /** @throws {SluiceError} `FRAME_CORRUPT` when `json` is no array of so many different names. */
  constructor(json: string, isBare: boolean) {
    this.names = parseNames(json)
    this.isBare = isBare
    this.putTogether = slowPutTogether(this.names, isBare)
  }

  make(columns: readonly ArrayLike<unknown>[], length: number): object[] {
    if (this.objectsMade < WORTH_GENERATING) {
      this.objectsMade += length
      if (this.objectsMade >= WORTH_GENERATING) {
        this.putTogether = generatePutTogether(this.names, this.isBare, this.putTogether)
      }
    }
    return this.putTogether(columns, length)
  }
}

const plainMaker = remembered((json) => new ObjectMaker(json, false))
const bareMaker = remembered((json) => new ObjectMaker(json, true))

/** Of objects that have these fields (see layout.ts) and, when bare, no prototype. */
export function objectMaker(json: string, isBare: boolean): ObjectMaker {
  return isBare ? bareMaker(json) : plainMaker(json)
}

function generatePutTogether(names: readonly string[], isBare: boolean, slow: PutTogether): PutTogether {
  const fields = names.map((name, index) => `${key(name)}: c${index}[index]`)
  const code = `
    ${names.map((_, index) => `const c${index} = columns[${index}]`).join('\n')}
    const objects = new Array(length)
    for (let index = 0; index < length; index++) {
      objects[index] = { ${isBare ? '__proto__: null, ' : ''}${fields.join(', ')} }
    }
    return objects`
  return generated<PutTogether>(['columns', 'length'], code, slow)
}

/** In a literal, a plain `__proto__` would be no field. */
function key(name: string): string {
  return name === '__proto__' ? `[${quoted(name)}]` : quoted(name)
}

function slowPutTogether(names: readonly string[], isBare: boolean): PutTogether {
  return (columns, length) => {
    const objects: object[] = []
    for (let index = 0; index < length; index++) {
      const object = Object.fromEntries(names.map((name, field) => [name, columns[field]![index]]))
      objects.push(isBare ? Object.setPrototypeOf(object, null) : object)
    }
    return objects
  }
}

function parseNames(json: string): readonly string[] {
  let names: unknown
  try {
    names = JSON.parse(json)
  } catch (error) {
    throw frameCorrupt('names of fields are no JSON', error)
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw frameCorrupt('names of fields are no list of strings')
  }
  if (names.length === 0 || names.length > MAX_FIELDS) throw frameCorrupt(`an object has ${names.length} fields`)
  if (new Set(names).size !== names.length) throw frameCorrupt('two fields have the same name')
  return names
}
