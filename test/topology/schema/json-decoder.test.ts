import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  binary,
  date,
  decimal,
  fixed,
  float,
  int,
  int53,
  jsonDeserializer,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../topology/schema/index.ts'
import { runs } from '../../support/scale.ts'

const utf8 = new TextEncoder()

function decode(schema: z.core.SomeType, json: string | Uint8Array) {
  return jsonDeserializer(schema).decode(typeof json === 'string' ? utf8.encode(json) : json)
}

/** Decodes `{"v": <json>}` and gives v, or the reason. */
function decodeValue(type: z.core.SomeType, json: string): unknown {
  const result = decode(z.object({ v: type as z.core.$ZodType }), `{"v":${json}}`)
  return result.ok ? (result.value as { v: unknown }).v : result.reason
}

const Event = z.object({
  event_id: z.string().min(3),
  event_type: z.literal('user_action'),
  payload: z.looseObject({ user_id: z.string(), amount: decimal(18, 2).nullish() }),
  schema_version: z.int().min(1).default(1),
})

describe('bytes that are no JSON object', () => {
  it.each([
    ['broken UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not UTF-8'],
    ['a surrogate in UTF-8', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not UTF-8'],
    ['an overlong NUL', new Uint8Array([0x22, 0xc0, 0x80, 0x22]), 'not UTF-8'],
    ['a BOM', '\ufeff{}', 'not JSON: begins with a byte order mark'],
    ['nothing', '', /^not JSON: /],
    ['words', 'hello', /^not JSON: /],
    ['half an object', '{"event_id":"a"', /^not JSON: /],
    ['two objects', '{}{}', /^not JSON: /],
    ['NaN', '{"event_id":NaN}', /^not JSON: /],
    ['Infinity', '{"event_id":-Infinity}', /^not JSON: /],
    ['a raw NUL', '{"event_id":"\0"}', /^not JSON: /],
    ['a list', '[]', 'expected an object, got a list'],
    ['null', 'null', 'expected an object, got null'],
    ['a string', '"{}"', 'expected an object, got string "{}"'],
    ['a number', '12345678901234567890', 'expected an object, got number 12345678901234567890'],
    ['100,000 open lists', '['.repeat(100_000), /^not JSON: /],
    ['100,000 lists around an exact number', `${'['.repeat(100_000)}1234567890123456789${']'.repeat(100_000)}`, /./],
  ])('%s', (_, bytes, reason) => {
    expect(decode(Event, bytes)).toEqual({
      ok: false,
      rule: 'json',
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    })
  })
})

describe('records', () => {
  it('are checked for types only', () => {
    expect(decode(Event, '{"event_id":"a","event_type":"other","payload":{"amount":-1},"schema_version":0}')).toEqual({
      ok: true,
      value: {
        event_id: 'a',
        event_type: 'other',
        payload: { user_id: null, amount: -100n },
        schema_version: 0,
      },
    })
  })

  it('have null for what is absent, in the order of the schema', () => {
    for (const json of ['{}', '{"schema_version":null}', '{"payload":null,"event_id":null}']) {
      const result = decode(Event, json)
      expect(result).toEqual({
        ok: true,
        value: { event_id: null, event_type: null, payload: null, schema_version: null },
      })
      expect(Object.keys(result.ok ? result.value : {})).toEqual([
        'event_id',
        'event_type',
        'payload',
        'schema_version',
      ])
    }
  })

  it('come out the same in any order of fields, and with fields missing', () => {
    const fields = [
      '"event_id":"e"',
      '"event_type":"t"',
      '"payload":{"amount":1.5,"user_id":"u"}',
      '"schema_version":2',
    ]
    const expected = decode(Event, `{${fields.join()}}`)
    expect(expected).toMatchObject({ ok: true, value: { payload: { user_id: 'u', amount: 150n } } })
    for (const [a, b, c, d] of permutations([0, 1, 2, 3])) {
      expect(decode(Event, `{${[fields[a!], fields[b!], fields[c!], fields[d!]].join()}}`)).toEqual(expected)
    }
    // The second field is decoded before the decoder finds out that the order is another: not decoded twice.
    const Dates = z.object({ a: date(), b: timestamptz(), c: z.string(), d: z.string() })
    expect(decode(Dates, '{"a":"1970-01-02","b":"1970-01-01T00:00:01Z","d":"d","c":"c"}')).toEqual({
      ok: true,
      value: { a: 1, b: 1_000_000n, c: 'c', d: 'd' },
    })
  })

  it('refuse unknown fields, but for loose objects', () => {
    expect(decode(Event, '{"event_id":"a","colour":1}')).toEqual({
      ok: false,
      rule: 'schema',
      reason: 'colour: unknown field',
    })
    expect(decode(Event, '{"payload":{"colour":{"deep":[1e999]},"user_id":"u"}}')).toMatchObject({
      ok: true,
      value: { payload: { user_id: 'u', amount: null } },
    })
    expect(decode(z.object({ a: z.strictObject({}) }), '{"a":{"b":1}}')).toMatchObject({ reason: 'a.b: unknown field' })
  })

  it('are not fooled by __proto__, constructor and the like', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(decode(Event, `{"${name}":{"event_id":"x"}}`)).toMatchObject({ reason: `${name}: unknown field` })
      const loose = decode(Event, `{"payload":{"${name}":{"user_id":"x"}}}`)
      expect(loose).toMatchObject({ ok: true, value: { payload: { user_id: null } } })
      if (loose.ok) expect(Object.getPrototypeOf((loose.value as any).payload)).toBe(Object.prototype)
      const map = decodeValue(z.record(z.string(), z.string()), `{"${name}":"x"}`)
      expect(map).toEqual(new Map([[name, 'x']]))
    }
    expect(({} as any).event_id).toBeUndefined()
  })

  it('take the last of two equal keys', () => {
    expect(decodeValue(z.string(), '"a","v":"b"')).toBe('b')
  })

  it('may be a megabyte', () => {
    const text = 'x'.repeat(1_000_000)
    expect(decodeValue(z.string(), JSON.stringify(text))).toBe(text)
    expect(decodeValue(z.string(), `"${'1'.repeat(1_000_000)}"`)).toHaveLength(1_000_000)
  })

  it('name the path, what was expected and what came', () => {
    const Order = z.object({ payload: z.object({ amount: z.number(), items: z.array(z.object({ n: int() })) }) })
    expect(decode(Order, '{"payload":{"amount":"12.5"}}')).toMatchObject({
      rule: 'schema',
      reason: 'payload.amount: expected a number, got string "12.5"',
    })
    expect(decode(Order, '{"payload":{"items":[{"n":1},{"n":true}]}}')).toMatchObject({
      reason: 'payload.items[1].n: expected an integer, got boolean true',
    })
    expect(decode(Order, '{"payload":[]}')).toMatchObject({ reason: 'payload: expected an object, got a list' })
    const long = decode(Order, `{"payload":{"amount":"${'😀'.repeat(1000)}"}}`)
    expect(long.ok ? '' : long.reason).toMatch(/^payload\.amount: expected a number, got string ".{1,60}…"$/u)
    expect(long.ok ? '' : long.reason).toSatisfy((reason: string) => reason.isWellFormed())
  })
})

describe('strings', () => {
  it('hold NUL, escapes and every character of Unicode', () => {
    expect(decodeValue(z.string(), '"a\\u0000b\\n\\ud83d\\ude00é"')).toBe('a\0b\n😀é')
  })

  it('hold no lone surrogate', () => {
    const problem = 'a lone surrogate (half of a \\u pair) has no UTF-8 form'
    expect(decodeValue(z.string(), '"\\ud800"')).toBe(`v: ${problem}`)
    expect(decodeValue(z.array(z.string()), '["a","\\uDC00x"]')).toBe(`v[1]: ${problem}`)
    expect(decodeValue(z.record(z.string(), z.string()), '{"\\ud800":"x"}')).toBe(`v["�"]: ${problem}`)
    expect(decode(Event, '{"payload":{"user_id":"\\udfff"}}')).toMatchObject({
      rule: 'schema',
      reason: `payload.user_id: ${problem}`,
    })
    expect(decode(Event, '{"payload":{"other":"\\udfff"}}')).toMatchObject({ ok: true })
  })
})

describe('numbers', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['1e3', 1000n],
    ['12.0', 12n],
    ['1e17', 10n ** 17n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775807.0', 2n ** 63n - 1n],
    ['"9223372036854775807"', 2n ** 63n - 1n],
  ])('long %s', (json, value) => {
    expect(decodeValue(long(), json)).toBe(value)
    expect(decodeValue(z.bigint(), json)).toBe(value)
  })

  it.each([
    ['9223372036854775808', 'expected an integer of 64 bits, got number 9223372036854775808'],
    ['-9223372036854775809', 'expected an integer of 64 bits, got number -9223372036854775809'],
    ['"9223372036854775808"', 'expected an integer of 64 bits, got string "9223372036854775808"'],
    ['1.5', 'expected an integer of 64 bits, got number 1.5'],
    ['1.0000000000000000001', 'expected an integer of 64 bits, got number 1.0000000000000000001'],
    ['1e999', 'expected an integer of 64 bits, got number Infinity'],
    ['"1e3"', 'expected an integer of 64 bits, got string "1e3"'],
    ['""', 'expected an integer of 64 bits, got string ""'],
    ['true', 'expected an integer, got boolean true'],
  ])('long refuses %s', (json, reason) => {
    expect(decodeValue(long(), json)).toBe(`v: ${reason}`)
  })

  it('int53 and int are numbers, within their bounds', () => {
    expect(decodeValue(int53(), '9007199254740991')).toBe(9007199254740991)
    expect(decodeValue(int53(), '9007199254740992')).toContain('expected an integer within')
    expect(decodeValue(int53(), '9007199254740991.4')).toContain('expected an integer within')
    expect(decodeValue(int53(), '1.5')).toContain('expected an integer within')
    expect(decodeValue(int53(), '"1"')).toContain('expected an integer, got string')
    expect(Object.is(decodeValue(int53(), '-0'), 0)).toBe(true)
    expect(decodeValue(int(), '2147483647')).toBe(2147483647)
    expect(decodeValue(int(), '2147483648')).toContain('expected an integer of 32 bits')
    expect(decodeValue(int(), '1.0000000000000000001')).toContain('expected an integer of 32 bits')
    expect(decodeValue(int(), '1.0000000000000000000')).toBe(1)
    expect(Object.is(decodeValue(int(), '-0'), 0)).toBe(true)
  })

  it('doubles and floats take what they can hold', () => {
    expect(decodeValue(z.number(), '9007199254740993')).toBe(9007199254740992)
    expect(decodeValue(z.number(), '0.1000000000000000055')).toBe(0.1)
    expect(decodeValue(z.number(), '1e999')).toBe('v: expected a number that a double can hold, got number Infinity')
    expect(decodeValue(z.number(), '-1e-400')).toBe(-0)
    expect(decodeValue(float(), '0.1')).toBe(Math.fround(0.1))
    expect(decodeValue(float(), '1e39')).toContain('expected a number that a float can hold')
  })

  it.each([
    ['19.99', 1999n],
    ['"19.99"', 1999n],
    ['-0.01', -1n],
    ['0', 0n],
    ['1.5e3', 150000n],
    ['19.9900000000000000000', 1999n],
    ['9999999999999999.99', 999999999999999999n],
    ['1e15', 10n ** 17n],
    ['"1e2"', 10000n],
  ])('decimal %s', (json, value) => {
    expect(decodeValue(decimal(18, 2), json)).toBe(value)
  })

  it.each([
    ['1.005', 'expected decimal(18, 2), got number 1.005: more than 2 decimals'],
    ['19.990000000000000001', 'expected decimal(18, 2), got number 19.990000000000000001: more than 2 decimals'],
    [
      '10000000000000000',
      'expected decimal(18, 2), got number 10000000000000000: more than 16 digits before the point',
    ],
    ['"1,5"', 'expected decimal(18, 2), got string "1,5": no decimal number'],
    ['"NaN"', 'expected decimal(18, 2), got string "NaN": no decimal number'],
    ['1e999', 'expected decimal(18, 2), got number Infinity: no decimal number'],
    ['[]', 'expected a number, or its text, got a list'],
  ])('decimal refuses %s', (json, reason) => {
    expect(decodeValue(decimal(18, 2), json)).toBe(`v: ${reason}`)
  })

  it('small decimals are numbers', () => {
    expect(decodeValue(decimal(15, 2), '9999999999999.99')).toBe(999999999999999)
    expect(decodeValue(decimal(15, 2), '"0.30"')).toBe(30)
    expect(decodeValue(decimal(15, 12), '999.5')).toBe(999_500_000_000_000)
    expect(decodeValue(decimal(15, 12), '1000')).toContain('more than 3 digits before the point')
    expect(decodeValue(decimal(15, 12), '0.000000000001')).toBe(1)
  })

  it('are found wherever they stand', () => {
    for (let padding = 0; padding < 40; padding++) {
      const digits = '9007199254740993'
      for (const json of [digits, ` ${digits}`, `-${digits}`, `${digits}.0`, `[${digits}]`, `[1,${digits}]`]) {
        const Long = z.object({ text: z.string(), v: json.includes('[') ? z.array(long()) : long() })
        const result = decode(Long, `{"text":"${'7'.repeat(padding)}","v":${json}}`)
        const { v } = (result.ok ? result.value : {}) as { v: bigint | bigint[] }
        expect(Array.isArray(v) ? v.at(-1) : v).toBe(json.startsWith('-') ? -9007199254740993n : 9007199254740993n)
      }
    }
  })

  it('are read alike beside a number that takes the exact way', () => {
    const Two = z.object({ a: z.number(), b: decimal(18, 2), c: int(), d: long() })
    for (const first of ['1.5', '1.5000000000000000000']) {
      expect(decode(Two, `{"a":${first},"b":0.07,"c":7,"d":1e17}`)).toEqual({
        ok: true,
        value: { a: 1.5, b: 7n, c: 7, d: 10n ** 17n },
      })
    }
  })
})

describe('other types', () => {
  it.each([
    ['date', date(), '"1970-01-02"', 1],
    ['time', time(), '"00:00:01.5"', 1_500_000n],
    ['timestamp', timestamp(), '"1970-01-01T00:00:01"', 1_000_000n],
    ['timestamptz', timestamptz(), '"1970-01-01T01:00:01+01:00"', 1_000_000n],
    ['uuid', uuid(), '"0199AAAA-7C1E-7E3B-9A55-000000033232"', '0199aaaa-7c1e-7e3b-9a55-000000033232'],
    ['fixed', fixed(2), '"AAE="', new Uint8Array([0, 1])],
    ['binary', binary(), '""', new Uint8Array()],
    ['boolean', z.boolean(), 'false', false],
    ['list', z.array(int()), '[1,null,2]', [1, null, 2]],
    [
      'map of int',
      z.map(int(), date()),
      '{"1":"1970-01-02","-2":null}',
      new Map([
        [1, 1],
        [-2, null],
      ]),
    ],
    ['map of long', z.map(long(), z.string()), '{"9223372036854775807":"x"}', new Map([[2n ** 63n - 1n, 'x']])],
    ['map of boolean', z.map(z.boolean(), z.string()), '{"true":"x"}', new Map([[true, 'x']])],
    ['map of date', z.map(date(), z.string()), '{"1970-01-02":"x"}', new Map([[1, 'x']])],
  ])('%s', (_, type, json, value) => {
    expect(decodeValue(type, json)).toEqual(value)
  })

  it.each([
    ['date', date(), '"1970-02-30"', 'v: expected an ISO 8601 date such as 2026-11-23, got string "1970-02-30"'],
    ['time', time(), '"25:00:00"', /^v: expected an ISO 8601 time/],
    ['timestamp', timestamp(), '"1970-01-01T00:00:01Z"', /^v: expected an ISO 8601 date-time without zone/],
    ['timestamptz', timestamptz(), '"0000-01-01T00:00:00Z"', /^v: expected an ISO 8601 date-time with zone/],
    ['timestamptz of a number', timestamptz(), '1764000000000', /got number 1764000000000$/],
    ['uuid', uuid(), '"x"', 'v: expected a UUID, got string "x"'],
    ['fixed', fixed(2), '"AA=="', 'v: expected 2 bytes, got 1'],
    ['binary', binary(), '"AA"', 'v: expected base64, got string "AA"'],
    ['binary of base64url', binary(), '"-_8="', /^v: expected base64/],
    ['boolean', z.boolean(), '"true"', 'v: expected true or false, got string "true"'],
    ['list', z.array(int()), '{"0":1}', 'v: expected a list, got an object'],
    ['map', z.record(z.string(), int()), '{"a b":"x"}', 'v["a b"]: expected an integer, got string "x"'],
    ['map key', z.map(int(), int()), '{"x":1}', 'v["x"]: expected an integer, got string "x"'],
  ])('%s refuses', (_, type, json, reason) => {
    expect(decodeValue(type, json)).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason))
  })
})

describe('any bytes', () => {
  const kinds = {
    int: int(),
    int53: int53(),
    long: long(),
    decimal: decimal(18, 2),
    small: decimal(9, 4),
    fine: decimal(38, 18),
    fraction: decimal(12, 12),
    float: float(),
    double: z.number(),
  }
  const Numbers = z.object(kinds)

  it('give a row or a reason that can be stored', () => {
    const Mixed = z.looseObject({ a: z.string(), b: z.array(z.record(z.string(), long())), c: z.looseObject(kinds) })
    const json = fc.oneof(
      fc.uint8Array(),
      fc.json({ stringUnit: 'binary' }).map((text) => utf8.encode(text)),
      fc
        .record({
          a: fc.jsonValue(),
          b: fc.jsonValue(),
          c: fc.dictionary(fc.constantFrom(...Object.keys(kinds)), fc.jsonValue()),
        })
        .map((value) => utf8.encode(JSON.stringify(value))),
    )
    fc.assert(
      fc.property(json, (bytes) => {
        const result = decode(Mixed, bytes)
        if (result.ok) expect(Object.keys(result.value as object)).toEqual(['a', 'b', 'c'])
        else
          expect([result.rule, result.reason.isWellFormed()]).toEqual([expect.stringMatching(/^(json|schema)$/), true])
      }),
      runs(100_000),
    )
  })

  it('give the same row whether a long number elsewhere makes the decoder read texts', () => {
    const digits = fc.tuple(fc.integer({ min: 1, max: 13 }), fc.maxSafeInteger()).map(([n, v]) => String(v).slice(0, n))
    const number = fc
      .tuple(digits, fc.option(fc.nat(9999)), fc.option(fc.integer({ min: -9, max: 9 })))
      .map(([whole, fraction, exponent]) => {
        const mantissa = fraction === null ? whole : `${whole}.${fraction}`
        return exponent === null ? mantissa : `${mantissa}e${exponent}`
      })
      .filter((text) => /^-?(0|[1-9]\d*)(\.\d+)?(e-?\d+)?$/.test(text))
    const Padded = z.object({ ...kinds, padding: z.number() })
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(kinds)), number, (name, text) => {
        const short = decode(Padded, `{"${name}":${text},"padding":1}`)
        const exact = decode(Padded, `{"${name}":${text},"padding":1.000000000000000000}`)
        // The same number written with 20 zeros more is read from its text.
        const [mantissa, exponent] = text.split('e')
        const zeros = `${mantissa}${mantissa!.includes('.') ? '' : '.'}${'0'.repeat(20)}`
        const long = decode(Numbers, `{"${name}":${zeros}${exponent === undefined ? '' : `e${exponent}`}}`)
        // A refusal shows the number as it was read.
        expect({ ...exact, reason: '' }).toEqual({ ...short, reason: '' })
        expect(long.ok).toBe(short.ok)
        if (long.ok && short.ok) expect((long.value as any)[name]).toEqual((short.value as any)[name])
      }),
      runs(200_000),
    )
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}
