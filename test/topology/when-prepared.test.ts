import { describe, expect, it } from 'vitest'
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { Batch, type Idle, type Watermark } from '../../topology/element.ts'
import { whenPrepared } from '../../topology/when-prepared.ts'

/** An operator whose batches of one text are missing something until `answer` is called for it. */
function open(missing: readonly string[]) {
  const out: unknown[] = []
  const held: Promise<void>[] = []
  const awaited: number[] = []
  const answers = new Map(missing.map((text) => [text, Promise.withResolvers<void>()]))
  const known = new Set<string>()
  let wakes = 0
  const context = {
    emitWatermark: ({ timestampMs }: Watermark) => out.push(timestampMs),
    emitIdle: (idle: Idle) => out.push(idle.kind),
    wake: () => wakes++,
    hold: (until: Promise<void>) => held.push(until),
    metrics: { gauge: () => ({ set: (value: number) => awaited.push(value) }) },
  } as unknown as OperatorContext
  const operator = whenPrepared(context, {
    prepare: ({ values: [text] }) => (known.has(text) ? undefined : answers.get(text)?.promise),
    take: ({ values: [text] }) => out.push(text),
  })
  const pass = (element: Batch | Watermark) => {
    if (element.kind === 'batch') return operator.onBatch(element, 0)
    const passed = operator.onWatermark!(element)
    if (passed !== undefined) out.push(passed.timestampMs)
  }
  return {
    out,
    held,
    awaited,
    operator,
    batch: (text: string) => pass(new Batch([text])),
    watermark: (timestampMs: number) => pass({ kind: 'watermark', timestampMs }),
    async answer(text: string, error?: Error) {
      known.add(text)
      if (error === undefined) answers.get(text)!.resolve()
      else answers.get(text)!.reject(error)
      await new Promise((resolve) => setImmediate(resolve))
    },
    get wakes() {
      return wakes
    },
  }
}

describe('whenPrepared', () => {
  it('passes everything at once while nothing is missing', () => {
    const test = open([])
    test.batch('a')
    test.watermark(1)
    expect(test.out).toEqual(['a', 1])
    expect(test.held).toEqual([])
    expect(test.awaited).toEqual([])
    expect(test.operator.onEnd!({ kind: 'end', drain: false })).toBeUndefined()
  })

  it('lets nothing overtake a batch that waits', async () => {
    const test = open(['a', 'c'])
    test.batch('a')
    test.watermark(1)
    test.batch('b')
    test.batch('c')
    test.watermark(2)
    const end = test.operator.onEnd!({ kind: 'end', drain: false })
    expect(test.out).toEqual([])
    expect(test.held).toHaveLength(1)
    test.operator.onWake!(0)
    expect(test.out).toEqual([])

    await test.answer('a')
    expect([test.wakes, test.out]).toEqual([1, []])
    test.operator.onWake!(0)
    expect(test.out).toEqual(['a', 1, 'b'])

    await test.answer('c')
    test.operator.onWake!(0)
    expect(test.out).toEqual(['a', 1, 'b', 'c', 2])
    expect(test.awaited.at(-1)).toBe(0)
    await test.held[0]
    await end
    test.batch('d')
    expect(test.out.at(-1)).toBe('d')
  })

  it('fails in its own turn, with what could not be fetched', async () => {
    const test = open(['a'])
    test.batch('a')
    await test.answer('a', new Error('denied'))
    expect(() => test.operator.onWake!(0)).toThrow('denied')
  })

  it('calls nobody once the attempt is over', async () => {
    const test = open(['a'])
    test.batch('a')
    test.operator.close!()
    await test.answer('a')
    expect(test.wakes).toBe(0)
  })
})
