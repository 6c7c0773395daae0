import { describe, expect, it } from 'vitest'
import { openWith } from '../../../operators/async/policies/with-policies.ts'
import { cached, fallback, type Policy, rateLimit, retry, timeLimit, withPolicies } from '../../../operators/index.ts'
import { milliseconds, seconds } from '../../../topology/duration.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { OpenCalls } from '../../support/open-calls.ts'

/** The outcome of calls so far: what they gave, or threw. */
function caller(policies: readonly Policy<any, any>[], random = () => 0) {
  const clock = new ManualClock()
  const calls = new OpenCalls<any, any>()
  const fn = withPolicies(calls.fn, ...policies)[openWith]({ clock, random })
  const outcomes: unknown[] = []
  return {
    clock,
    calls,
    outcomes,
    ask(input: unknown, signal = new AbortController().signal) {
      Promise.resolve(fn(input, { signal })).then(
        (output) => outcomes.push(output),
        (error) => outcomes.push(error instanceof Error ? error.message : error),
      )
      return clock.turn()
    },
    async advance(byMs: number) {
      clock.advance(byMs)
      await clock.turn()
    },
    async answer(input: unknown, output: unknown) {
      calls.of(input).answer(output)
      await clock.turn()
    },
    async fail(input: unknown, error = new Error(`no ${input}`)) {
      calls.of(input).fail(error)
      await clock.turn()
    },
  }
}

describe('retry', () => {
  it('doubles its pauses up to the longest, and throws the last error', async () => {
    const { clock, calls, outcomes, ask, advance, fail } = caller([
      retry({ attempts: 5, backoff: seconds(1), maxBackoff: seconds(3), jitter: 0 }),
    ])
    await ask('x')
    const askedAtMs: number[] = []
    for (const pauseMs of [1000, 2000, 3000, 3000]) {
      askedAtMs.push(clock.nowMs())
      await fail('x')
      await advance(pauseMs - 1)
      expect(calls.open).toEqual([])
      await advance(1)
    }
    expect(askedAtMs).toEqual([0, 1000, 3000, 6000])
    await fail('x', new Error('the last'))
    expect(outcomes).toEqual(['the last'])
  })

  it('leaves a share of each pause to chance', async () => {
    const { calls, ask, advance, fail } = caller([retry({ attempts: 2, backoff: seconds(1), jitter: 0.4 })], () => 0.5)
    await ask('x')
    await fail('x')
    await advance(799)
    expect(calls.open).toEqual([])
    await advance(1)
    expect(calls.open).toHaveLength(1)
  })

  it('tries nothing again that is not worth it, or that nobody waits for', async () => {
    const { calls, outcomes, ask, advance, fail } = caller([
      retry({ attempts: 3, when: (error) => (error as Error).message !== 'forbidden' }),
    ])
    await ask('x')
    await fail('x', new Error('forbidden'))
    const controller = new AbortController()
    await ask('y', controller.signal)
    await fail('y')
    controller.abort(new Error('given up'))
    await advance(60_000)
    expect(outcomes).toEqual(['forbidden', 'given up'])
    expect(calls.open).toEqual([])
  })
})

describe('rateLimit', () => {
  it('lets a burst through, and then one in each interval', async () => {
    const { clock, calls, ask, advance } = caller([rateLimit({ perSecond: 2, burst: 3 })])
    for (let n = 0; n < 6; n++) await ask(n)
    expect(calls.inputs).toEqual([0, 1, 2])
    await advance(499)
    expect(calls.inputs).toEqual([0, 1, 2])
    await advance(1)
    expect(calls.inputs).toEqual([0, 1, 2, 3])
    await advance(1000)
    expect(calls.inputs).toEqual([0, 1, 2, 3, 4, 5])
    // After a silence the bucket is full, and no fuller.
    await advance(60_000)
    for (let n = 6; n < 12; n++) await ask(n)
    expect(calls.inputs).toHaveLength(9)
    expect(clock.nowMs()).toBe(61_500)
  })
})

describe('cached', () => {
  const by = (input: unknown) => String(input)

  it('asks once for all who ask meanwhile, and answers from memory after that', async () => {
    const { calls, outcomes, ask, answer } = caller([cached({ by, capacity: 10 })])
    await ask('x')
    await ask('x')
    await answer('x', 'first')
    await ask('x')
    expect(calls.inputs).toEqual(['x'])
    expect(outcomes).toEqual(['first', 'first', 'first'])
  })

  it('forgets what is too old, whoever asked least recently, and errors', async () => {
    const { calls, ask, answer, fail, advance, outcomes } = caller([cached({ by, capacity: 2, ttl: seconds(1) })])
    await ask('a')
    await answer('a', 1)
    await advance(999)
    await ask('a')
    expect(calls.inputs).toEqual(['a'])
    await advance(1)
    await ask('a')
    expect(calls.inputs).toEqual(['a', 'a'])
    await answer('a', 2)
    await ask('b')
    await answer('b', 3)
    await ask('a')
    await ask('c')
    await fail('c')
    await ask('c')
    await answer('c', 4)
    await ask('a')
    await ask('b')
    expect(calls.inputs).toEqual(['a', 'a', 'b', 'c', 'c', 'b'])
    expect(outcomes).toEqual([1, 1, 2, 3, 2, 'no c', 4, 2])
  })

  it('gives a call up when all who wait for it have', async () => {
    const { calls, outcomes, ask, answer } = caller([cached({ by, capacity: 10 })])
    const [first, second] = [new AbortController(), new AbortController()]
    await ask('x', first.signal)
    await ask('x', second.signal)
    const { signal } = calls.of('x')
    first.abort('the first is gone')
    await new ManualClock().turn()
    expect([signal.aborted, outcomes]).toEqual([false, ['the first is gone']])
    second.abort('the second is gone')
    expect(signal.aborted).toBe(true)
    // Who asks now does not join a call that was given up.
    await ask('x')
    expect(calls.inputs).toEqual(['x', 'x'])
    calls.open.shift()
    await answer('x', 'new')
    expect(outcomes).toEqual(['the first is gone', 'the second is gone', 'new'])
  })
})

describe('fallback and timeLimit', () => {
  it('answers something else: a value, or what input and error make', async () => {
    const value = caller([fallback('unknown')])
    await value.ask('x')
    await value.fail('x')
    expect(value.outcomes).toEqual(['unknown'])
    const made = caller([fallback((input: string, error) => `${input}: ${(error as Error).message}`)])
    await made.ask('x')
    await made.fail('x')
    expect(made.outcomes).toEqual(['x: no x'])
  })

  it('limits each attempt inside of a retry, and all of them outside', async () => {
    const each = caller([timeLimit(seconds(1)), retry({ attempts: 2, backoff: seconds(1), jitter: 0 })])
    await each.ask('x')
    const { signal } = each.calls.of('x')
    await each.advance(1000)
    expect(signal.aborted).toBe(true)
    await each.advance(1000)
    each.calls.open.shift()
    await each.answer('x', 'second')
    expect(each.outcomes).toEqual(['second'])

    const all = caller([retry({ attempts: 9, backoff: seconds(1), jitter: 0 }), timeLimit(milliseconds(1500))])
    await all.ask('x')
    await all.fail('x')
    await all.advance(1000)
    await all.advance(500)
    expect(all.outcomes).toEqual(['there was no answer within 1500 ms'])
  })
})

describe('withPolicies', () => {
  it('is a function as well, with what its policies remember', async () => {
    let asked = 0
    const next = withPolicies(
      async (id: string) => {
        asked++
        if (asked === 1) throw new Error('not yet')
        return { id, asked }
      },
      retry({ attempts: 2, backoff: milliseconds(1) }),
      cached({ by: (id: string) => id, capacity: 1 }),
    )
    expect(await next('a')).toEqual({ id: 'a', asked: 2 })
    expect(await next('a')).toEqual({ id: 'a', asked: 2 })
  })

  it.each([
    () => retry({ attempts: 0 }),
    () => retry({ attempts: 2, jitter: Number.NaN }),
    () => retry({ attempts: 2, backoff: milliseconds(-1) }),
    () => rateLimit({ perSecond: 0 }),
    () => rateLimit({ perSecond: Number.POSITIVE_INFINITY }),
    () => rateLimit({ perSecond: 1, burst: 0 }),
    () => cached({ by: String, capacity: 0 }),
    () => cached({ by: String, capacity: 1, ttl: milliseconds(Number.NaN) }),
    () => timeLimit(milliseconds(0)),
  ])('refuses what makes no sense: %s', (build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'ASYNC_OPTION' }))
  })
})
