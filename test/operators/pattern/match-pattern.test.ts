import { describe, expect, it } from 'vitest'
import { keyBy, type MatchPatternOptions, matchPattern, type Pattern, pattern } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness } from '../../support/operator-harness.ts'

/** A record is a letter and a number: a1, b2. */
interface Step {
  key: string
  id: string
}

const letter =
  (wanted: string) =>
  ({ id }: Step): boolean =>
    id[0] === wanted
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(letter) as [any, any, any, any]
const start = () => pattern<Step>()
const soon = milliseconds(100)

/** The records of `text`, a millisecond apart. */
const steps = (text: string, fromMs = 0): [Step, number][] =>
  text.split(' ').map((id, index) => [{ key: 'k', id }, fromMs + index])

const matching = (of: Pattern<any, any>, options?: MatchPatternOptions) => (input: Stream<Step>) =>
  input.pipe(keyBy('key'), matchPattern(of as Pattern<Step, Record<string, unknown>>, options))

/** A match as the ids of its records. */
const idsOf = (match: Readonly<Record<string, unknown>>) =>
  Object.values(match)
    .flat()
    .map((step) => (step as Step).id)
    .join(' ')

async function matches(of: Pattern<any, any>, text: string, options?: MatchPatternOptions): Promise<string[]> {
  const run = await harness(matching(of, options))
  run.timed(steps(text)).watermark(1000)
  return run.rows().map(idsOf)
}

describe('a pattern', () => {
  it('takes the record directly after with next', async () => {
    const ab = start().begin('a', a).next('b', b)
    expect(await matches(ab, 'a1 b1 a2 c1 b2')).toEqual(['a1 b1'])
  })

  it('passes over records with followedBy, but over none that would do', async () => {
    const ab = start().begin('a', a).followedBy('b', b).within(soon)
    expect(await matches(ab, 'a1 c1 b1 b2')).toEqual(['a1 b1'])
    expect(await matches(ab, 'a1 a2 b1')).toEqual(['a1 b1', 'a2 b1'])
  })

  it('takes each that would do with followedByAny', async () => {
    const ab = start().begin('a', a).followedByAny('b', b).within(soon)
    expect(await matches(ab, 'a1 c1 b1 b2')).toEqual(['a1 b1', 'a1 b2'])
  })

  // The table of Flink's CEP documentation, "Contiguity within looping patterns".
  it.each([
    ['consecutive', ['a b3 c']],
    ['relaxed', ['a b1 b2 b3 c', 'a b1 b2 c', 'a b1 c', 'a b2 b3 c', 'a b2 c', 'a b3 c']],
    ['allowCombinations', ['a b1 b2 b3 c', 'a b1 b2 c', 'a b1 b3 c', 'a b1 c', 'a b2 b3 c', 'a b2 c', 'a b3 c']],
  ] as const)('repeats a stage: %s', async (inner, expected) => {
    const looping = start().begin('a', a).followedByAny('b', b).oneOrMore()
    const built =
      inner === 'consecutive'
        ? looping.consecutive().next('c', c)
        : (inner === 'relaxed' ? looping : looping.allowCombinations()).followedBy('c', c)
    expect(await matches(built.within(soon), 'a b1 d1 b2 d2 b3 c')).toEqual(expected)
  })

  it('repeats a stage a number of times, or from one to another', async () => {
    const twice = start().begin('a', a).times(2).consecutive().next('b', b)
    expect(await matches(twice, 'a1 a2 a3 b1')).toEqual(['a2 a3 b1'])
    const some = start().begin('a', a).times(1, 2).consecutive()
    expect(await matches(some, 'a1 a2')).toEqual(['a1', 'a1 a2', 'a2'])
  })

  it('does without a stage that is optional', async () => {
    const maybe = start().begin('a', a).next('b', b).optional().next('c', c)
    expect(await matches(maybe, 'a1 b1 c1 a2 c2 b2 c3')).toEqual(['a1 b1 c1', 'a2 c2'])
  })

  it('stands no record of a kind directly after, or until the next stage', async () => {
    const notDirectly = start().begin('a', a).notNext('c', c).followedBy('b', b).within(soon)
    expect(await matches(notDirectly, 'a1 c1 b1 a2 d1 c2 b2')).toEqual(['a2 b2'])
    const notBetween = start().begin('a', a).notFollowedBy('c', c).followedBy('b', b).within(soon)
    expect(await matches(notBetween, 'a1 d1 c1 b1 a2 d1 b2')).toEqual(['a2 b2'])
  })

  it('may end with what must not come: it matches when its time is over', async () => {
    const alone = start().begin('a', a).notFollowedBy('b', b).within(milliseconds(10))
    const run = await harness(matching(alone))
    run.timed(steps('a1 c1 b1')).timed(steps('a2 c2', 20)).watermark(29)
    expect(run.rows()).toEqual([])
    run.watermark(30)
    expect(run.rows().map(idsOf)).toEqual(['a2'])
    expect(run.timestampsMs()).toEqual([30])
  })

  it('knows what it has taken', async () => {
    const numberOf = ({ id }: Step) => Number(id.slice(1))
    const rising = start()
      .begin('low', a)
      .next('up', (step, { low }, taken) => numberOf(step) > numberOf(taken.at(-1) ?? low))
      .oneOrMore()
      .consecutive()
      .next('down', (step, { up }) => numberOf(step) < numberOf(up.at(-1)!))
      .within(soon)
    expect(await matches(rising, 'a3 b4 b7 c2')).toEqual(['a3 b4 b7 c2'])
  })

  it('gives matches the names of its stages: a record, a list, or nothing', async () => {
    const named = start()
      .begin('one', a)
      .next('many', b)
      .times(2)
      .consecutive()
      .next('maybe', d)
      .optional()
      .next('end', c)
    const run = await harness(matching(named))
    run.timed(steps('a1 b1 b2 c1')).watermark(9)
    const step = (id: string) => ({ key: 'k', id })
    expect(run.rows()).toEqual([{ one: step('a1'), many: [step('b1'), step('b2')], end: step('c1') }])
    expect(run.timestampsMs()).toEqual([3])
  })
})

describe('matches that overlap', () => {
  const run = start().begin('a', a).oneOrMore().consecutive().within(soon)

  it('are all written with noSkip', async () => {
    expect(await matches(run, 'a1 a2')).toEqual(['a1', 'a1 a2', 'a2'])
  })

  it('are given up with skipPastLastEvent', async () => {
    const pair = start().begin('a', a).followedByAny('b', b).within(soon)
    expect(await matches(pair, 'a1 a2 b1 b2 a3 b3', { skip: 'skipPastLastEvent' })).toEqual(['a1 b1', 'a3 b3'])
  })
})

describe('matchPattern', () => {
  const ab = start().begin('a', a).followedBy('b', b).within(milliseconds(10))

  it('emits nothing for nothing, and passes watermarks on', async () => {
    const run = await harness(matching(ab))
    run.watermark(5).end()
    expect(run.elements().map(({ kind }) => kind)).toEqual(['watermark', 'end'])
  })

  it('waits until the watermark has passed, and takes records in the order of their times', async () => {
    //  arrives   b@5  a@3
    //  wm                  4 → a,  5 → b
    const run = await harness(matching(ab))
    run.timed([
      [{ key: 'k', id: 'b1' }, 5],
      [{ key: 'k', id: 'a1' }, 3],
    ])
    run.watermark(4)
    expect(run.rows()).toEqual([])
    run.watermark(5)
    expect(run.rows().map(idsOf)).toEqual(['a1 b1'])
  })

  it('keeps keys apart', async () => {
    const run = await harness(matching(ab))
    run.timed([
      [{ key: 'k', id: 'a1' }, 1],
      [{ key: 'other', id: 'b1' }, 2],
    ])
    run.watermark(20)
    expect(run.rows()).toEqual([])
  })

  it('takes what is within, exclusive, and hands out what had begun when its time is over', async () => {
    const run = await harness(matching(ab))
    run.timed(steps('a1')).timed(steps('b1', 10))
    run.watermark(9)
    expect(run.rows('timedOut')).toEqual([])
    run.watermark(10)
    expect(run.rows()).toEqual([])
    expect(run.rows('timedOut').map(idsOf)).toEqual(['a1'])
    expect(run.timestampsMs('timedOut')).toEqual([10])
    expect(run.counter('num_timed_out_matches_total')).toBe(1)
  })

  it('sends late records to late', async () => {
    const run = await harness(matching(ab))
    run.watermark(5).timed([
      [{ key: 'k', id: 'a1' }, 5],
      [{ key: 'k', id: 'a2' }, 6],
    ])
    expect(run.rows('late').map(({ id }) => id)).toEqual(['a1'])
    expect(run.counter('num_late_records_dropped_total')).toBe(1)
  })

  it('goes on after a crash with what waits and what has begun', async () => {
    let run = await harness(matching(ab))
    run.timed(steps('a1 a2')).watermark(0)
    run = await run.restart()
    run.timed(steps('b1', 3)).watermark(3)
    expect(run.rows().map(idsOf)).toEqual(['a1 b1', 'a2 b1'])
    run = await run.restart()
    run.watermark(1000)
    expect(run.rows('timedOut')).toEqual([])
  })

  it('takes all that waits at a drain, and ends what has begun; what comes for it later is late', async () => {
    let run = await harness(matching(ab))
    run.timed(steps('a1 b1 a2')).end(true)
    expect(run.rows().map(idsOf)).toEqual(['a1 b1'])
    expect(run.rows('timedOut').map(idsOf)).toEqual(['a2'])
    run = await run.restart()
    run.timed(steps('b2', 2)).watermark(50)
    expect([run.rows(), run.rows('late').length]).toEqual([[], 1])
  })

  it.each([
    ['throws', () => JSON.parse('{'), /the condition of "b" failed on { key: 'k', id: 'b1' }/],
    ['returns nothing', () => undefined, /it must return a boolean, not undefined/],
    ['returns a promise', async () => true, /it must return a boolean, not a promise/],
  ] as [string, () => any, RegExp][])(
    'names operator, stage and record when a condition %s',
    async (_what, bad, message) => {
      const run = await harness(matching(start().begin('a', a).next('b', bad)))
      run.timed(steps('a1 b1'))
      expect(() => run.watermark(9)).toThrowError(message)
      expect(() => run.watermark(9)).toThrowError(/^matchPattern\(a,b\): /)
    },
  )

  it('fails rather than keep more runs of a key than it may', async () => {
    const run = await harness(matching(ab, { maxRuns: 2 }))
    run.timed(steps('a1 a2 a3'))
    expect(() => run.watermark(9)).toThrowError(/more than 2 runs of the pattern have begun for one key/)
  })

  it.each([
    [
      'two stages of one name',
      () =>
        start()
          .begin('a', a)
          .next('a' as never, b),
      /two stages are called "a"/,
    ],
    ['a number of times', () => start().begin('a', a).times(0), /can't take 0 to 0 records/],
    ['times in the wrong order', () => start().begin('a', a).times(3, 2), /can't take 3 to 2 records/],
    ['nothing but what is optional', () => start().begin('a', a).optional(), /matches nothing at all/],
    ['notNext at the end', () => start().begin('a', a).notNext('b', b).within(soon), /it ends with notNext\("b"\)/],
    [
      'notFollowedBy without an end',
      () => start().begin('a', a).notFollowedBy('b', b),
      /ends with notFollowedBy\("b"\)/,
    ],
    ['followedBy without an end', () => start().begin('a', a).followedBy('b', b), /would wait for "b" for ever/],
    ['a loop without an end', () => start().begin('a', a).oneOrMore(), /would wait for "a" for ever/],
    ['a duration of 0', () => start().begin('a', a).within(milliseconds(0)), /within can't be 0 ms/],
  ] as [string, () => Pattern<Step, any>, RegExp][])('refuses %s', async (_what, build, message) => {
    await expect(harness((input: Stream<Step>) => matching(build())(input))).rejects.toThrowError(message)
  })
})
