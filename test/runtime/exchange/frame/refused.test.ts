/** What cannot travel is refused, and named. */
import { describe, expect, it } from 'vitest'
import { encodeBatch } from '../../../../runtime/exchange/frame/encode-batch.ts'
import { Batch } from '../../../../topology/element.ts'
import { isSluiceError, type SluiceError } from '../../../../topology/errors.ts'
import { roundTrip } from './support.ts'

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
}

function refusal(rows: readonly unknown[]): SluiceError {
  try {
    encodeBatch(new Batch(rows))
  } catch (error) {
    if (isSluiceError(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('refuses', () => {
  it.each<[string, string, unknown]>([
    ['a function', 'a function', () => 1],
    ['a symbol', 'a symbol', Symbol('s')],
    ['a promise', 'an instance of Promise', Promise.resolve()],
    ['an instance with methods', 'an instance of Money', new Money(1)],
    [
      'an instance of a class that extends one with methods',
      'an instance of Tagged',
      new (class Tagged extends Money {})(1),
    ],
    ['an error', 'an instance of TypeError', new TypeError('x')],
    ['a regular expression', 'an instance of RegExp', /x/],
    ['a boxed number', 'an instance of Number', Object(1)],
    ['a kind of array', 'an instance of Rows', new (class Rows extends Array {})()],
    ['an object that inherits fields', 'an object that inherits from another', Object.create(bare({ a: 1 }))],
  ])('%s', (_, what, value) => {
    for (const rows of [
      [{ a: 1, b: value }],
      [
        { a: 1, b: 2 },
        { a: 1, b: value },
      ],
      [null, { a: 1, b: value }],
    ]) {
      const error = refusal(rows)
      expect(error.code).toBe('VALUE_NOT_TRANSPORTABLE')
      expect(error.message).toContain(`the field b cannot go to another process, since it holds ${what}: `)
      expect(error.details['field']).toBe('b')
      expect(error.fix).toMatch(/plain data/)
    }
  })

  it('such a value wherever it is', () => {
    const value = () => 1
    const places: [string, unknown][] = [
      ['', value],
      ['[]', [value]],
      ['to.name', { to: { name: value } }],
      ['items[].price', { items: [{ price: 1 }, { price: value }] }],
      ['tags{}', { tags: new Map([['a', value]]) }],
      ['tags{key}', { tags: new Map([[value, 1]]) }],
      ['seen[]', { seen: new Set([value]) }],
    ]
    for (const [field, row] of places) expect(refusal([row]).details['field']).toBe(field)
    expect(refusal([value]).message).toMatch(/^a record cannot go/)
  })

  it('values that contain themselves', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    expect(refusal([loop]).code).toBe('VALUE_NOT_TRANSPORTABLE')
    expect(refusal([loop]).message).toContain('the field self.self.')
    const list: unknown[] = []
    list.push(list)
    expect(refusal([{ list }]).code).toBe('VALUE_NOT_TRANSPORTABLE')
    list.push(list)
    expect(refusal([{ list }]).code).toBe('FRAME_TOO_LARGE')
  })

  it('what takes more than a frame may', () => {
    expect(refusal([new Uint8Array(256 << 20)]).code).toBe('FRAME_TOO_LARGE')
    expect(refusal([new Array(2 ** 31)]).code).toBe('FRAME_TOO_LARGE')
  })
})

it('goes on after a refusal', () => {
  expect(refusal([{ deep: { down: () => 1 } }]).details['field']).toBe('deep.down')
  expect(roundTrip([{ a: 1 }]).values).toEqual([{ a: 1 }])
  expect(refusal([{ a: () => 1 }]).details['field']).toBe('a')
})

it('takes 64 levels of values in values', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })
  expect(roundTrip([nested(64)]).values).toEqual([nested(64)])
  expect(refusal([nested(65)]).code).toBe('VALUE_NOT_TRANSPORTABLE')
  const bigints = (levels: number): unknown => (levels === 0 ? 10n ** 30n : [bigints(levels - 1)])
  expect(roundTrip([bigints(64)]).values).toEqual([bigints(64)])
})

function bare(fields: object): object {
  return Object.assign(Object.create(null), fields)
}
