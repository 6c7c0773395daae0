/** The kit over whole jobs: topics, custom sources, exchanges, time, checkpoints, crashes and changed jobs. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { memorySink, memorySource } from '../../../connectors/memory/index.ts'
import {
  aggregate,
  deduplicate,
  eventTime,
  keyBy,
  map,
  process,
  sum,
  tumbling,
  union,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { testTopology } from '../../../runtime/testing/index.ts'
import type { Operator, OperatorContext } from '../../../topology/contract/operator.ts'
import { milliseconds, seconds } from '../../../topology/duration.ts'
import { Batch } from '../../../topology/element.ts'
import { decimal, int, timestamptz } from '../../../topology/schema/index.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { append, type Stream } from '../../../topology/stream.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'

const Sale = z.object({ id: z.string(), user: z.string(), amount: decimal(18, 2), at: timestamptz() })
const Sales = topic('sales', Sale)
const Revenue = z.object({ user: z.string(), start: timestamptz(), revenue: decimal(38, 2) })
const revenue = table('gold.revenue', Revenue)

const sale = (id: string, user: string, cents: number, atMs: number) => ({
  id,
  user,
  amount: BigInt(cents),
  at: BigInt(atMs) * 1000n,
})

/** Revenue per user and 10 ms; what is late leads nowhere. */
const job = topology('revenue', ({ from }) => {
  const { out: once } = from(Sales).pipe(
    eventTime('at', { outOfOrderness: milliseconds(5) }),
    deduplicate({ by: 'id', within: seconds(10) }),
  )
  const { out } = once.pipe(
    keyBy('user'),
    window(tumbling(milliseconds(10))),
    aggregate({ start: windowStart(), revenue: sum('amount') }),
  )
  out.pipe(to(revenue))
})

const byUser = (rows: readonly { user: string; start: bigint; revenue: bigint }[]) =>
  rows.map(({ user, start, revenue: total }) => `${user} ${start / 1000n} ${total}`).sort()

describe('testTopology', () => {
  it.each([1, 2, 3])('runs a job from its topic to its table at parallelism %i', async (parallelism) => {
    const test = await testTopology(job, { parallelism, splits: 2 })
    const sales = test.source(Sales)
    sales.push([sale('1', 'ann', 100, 1), sale('2', 'bob', 50, 3)], { split: 0 })
    sales.push([sale('3', 'ann', 25, 9), sale('3', 'ann', 25, 9)], { split: 1 })
    expect(test.output(revenue).rows).toEqual([])
    // Of the two splits the slower one decides.
    sales.push(sale('4', 'ann', 1, 30), { split: 0 })
    expect(test.output(revenue).rows).toEqual([])
    sales.push(sale('5', 'bob', 1, 21), { split: 1 })
    expect(byUser(test.output(revenue).rows)).toEqual(['ann 0 125', 'bob 0 50'])
    test.end()
    expect(byUser(test.output(revenue).rows)).toEqual(['ann 0 125', 'ann 30 1', 'bob 0 50', 'bob 20 1'])
    expect(test.counter('duplicates_total')).toBe(1)
  })

  it('reads what is late where the job does not, and knows the event time of rows', async () => {
    const test = await testTopology(job)
    test.source(Sales).push([sale('1', 'ann', 100, 1), sale('2', 'ann', 1, 100), sale('3', 'ann', 7, 2)])
    test.source(Sales).push(sale('4', 'ann', 7, 3))
    const { rows: late } = test.output('aggregate(start,revenue).late')
    expect(late.map(({ id }) => id)).toEqual(['4'])
    test.advanceWatermark(200)
    expect(test.output(revenue).records).toMatchObject([
      { row: { revenue: 107n }, timestampMs: 9, kind: 0 },
      { row: { revenue: 1n }, timestampMs: 109 },
    ])
  })

  it('advances the watermark behind what assigns event time, and does not let it fall back', async () => {
    const test = await testTopology(job)
    test.source(Sales).push(sale('1', 'ann', 100, 1))
    test.source(Sales).advanceWatermark(50)
    expect(byUser(test.output(revenue).rows)).toEqual(['ann 0 100'])
    // The operator itself is at 25 now.
    test.source(Sales).push(sale('2', 'ann', 1, 31))
    expect(test.output(revenue).watermarksMs).toEqual([-5, 50])
    await test.checkpoint()
    await test.restart({ parallelism: 2 })
    test.source(Sales).push(sale('3', 'ann', 1, 40))
    expect(test.output(revenue).rows).toHaveLength(1)
    expect(test.output('aggregate(start,revenue).late').rows.map(({ id }) => id)).toEqual(['2', '3'])
    test.source(Sales).push(sale('4', 'ann', 1, 90))
    expect(test.output(revenue).watermarksMs.at(-1)).toBe(84)
  })

  it('takes a topic by its name alone, and records that are none of its schema', async () => {
    const test = await testTopology(job)
    test.source('sales').push({ id: '1', user: 'ann', amount: 1.25, at: '1970-01-01T00:00:00.001Z' })
    test.end()
    expect(test.output('gold.revenue').rows).toMatchObject([{ user: 'ann', revenue: 125n }])
    const other = await testTopology(job)
    expect(() => other.source(Sales).raw([{ value: '{' }])).toThrowError(
      expect.objectContaining({ code: 'RECORD_INVALID', message: expect.stringContaining('sales[0]@0') }),
    )
  })

  it('reads again what was pushed since the checkpoint, and takes back what was emitted since', async () => {
    const undisturbed = await testTopology(job)
    const disturbed = await testTopology(job, { parallelism: 2 })
    for (let n = 0; n < 40; n++) {
      for (const test of [undisturbed, disturbed]) test.source(Sales).push(sale(`${n}`, `user ${n % 3}`, n, n * 3))
      if (n === 10) await disturbed.checkpoint()
      if (n === 20) {
        const emitted = disturbed.output(revenue).rows.length
        await disturbed.restart({ parallelism: 3 })
        expect(disturbed.output(revenue).rows).toHaveLength(emitted)
      }
      if (n === 30) await disturbed.checkpoint()
    }
    // Right behind a checkpoint, and back to 1.
    await disturbed.restart({ parallelism: 1 })
    for (const test of [undisturbed, disturbed]) test.end()
    expect(byUser(disturbed.output(revenue).rows)).toEqual(byUser(undisturbed.output(revenue).rows))
    expect(new Set(disturbed.output(revenue).rows.map(({ user, start }) => `${user} ${start}`)).size).toBe(
      disturbed.output(revenue).rows.length,
    )
  })

  it('goes back to the very beginning where there is no checkpoint, or to any, and forgets on request', async () => {
    const test = await testTopology(job)
    test.source(Sales).push(sale('1', 'ann', 1, 1))
    await test.restart()
    const first = await test.checkpoint()
    test.source(Sales).push(sale('2', 'ann', 2, 2))
    await test.checkpoint()
    test.source(Sales).push(sale('3', 'ann', 4, 3))
    await test.restart({ from: first, replay: false })
    test.source(Sales).push(sale('4', 'ann', 8, 4))
    test.end()
    expect(byUser(test.output(revenue).rows)).toEqual(['ann 0 9'])
  })

  it('begins with a checkpoint of another test, offsets included', async () => {
    const before = await testTopology(job)
    before.source(Sales).push([sale('1', 'ann', 1, 1), sale('2', 'ann', 2, 2)])
    const after = await testTopology(job, { from: await before.checkpoint(), parallelism: 2 })
    expect(() => after.source(Sales).raw([{ value: '{' }])).toThrow('sales[0]@2')
  })

  it('shows keyed and split state, decoded', async () => {
    const test = await testTopology(job, { parallelism: 2 })
    test.source(Sales).push([sale('1', 'ann', 1, 1), sale('2', 'bob', 2, 2)])
    const seen = test.state('deduplicate(id)', 'seen')
    expect(seen.map(({ key }) => key).sort()).toEqual(['1', '2'])
    expect(test.splitState('eventTime(at)', 'times')).toMatchObject({ 'split/0': 2 })
    expect(() => test.state('deduplicate(id)', 'sen')).toThrowError(
      expect.objectContaining({ code: 'TEST_STATE_NOT_FOUND', fix: 'Is it "deduplicate(id)/seen"?' }),
    )
  })

  it('restores a job that has been changed, and refuses one that has lost an operator', async () => {
    const Total = z.object({ user: z.string(), total: int() })
    const totals = (name: string, factor: number) =>
      topology('totals', ({ fromSource }) => {
        fromSource<{ user: string }>('clicks', () => memorySource({ splits: [] })).pipe(
          keyBy('user'),
          process({
            name,
            state: { total: valueState('total', { schema: int(), default: 0 }) },
            output: Total,
            onRecord: (_, { key, state, emit }) => emit({ user: key, total: state.total.update((n) => n + 1) }),
          }),
          map((row) => ({ ...row, total: row.total * factor })),
          to(memorySink<z.infer<typeof Total>>('totals')),
        )
      })
    const test = await testTopology(totals('count', 1))
    test.source('clicks').push([{ user: 'ann' }, { user: 'ann' }])
    expect(test.state('count', 'total')).toMatchObject([{ key: 'ann', value: 2 }])
    await test.checkpoint()
    await test.restart({ job: totals('count', 100) })
    test.source('clicks').push({ user: 'ann' })
    expect(test.output('totals').rows.map(({ total }) => total)).toEqual([1, 2, 300])
    await expect(test.restart({ job: totals('renamed', 1) })).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' })
    await test.restart({ job: totals('renamed', 1), allowNonRestoredState: true })
    expect(test.output('totals').rows).toHaveLength(3)
  })

  it('merges the watermarks of several sources, without those that are idle', async () => {
    const two = topology('two', ({ fromSource }) => {
      const source = (name: string) => fromSource<{ at: number }>(name, () => memorySource({ splits: [] }))
      const timed = (name: string) =>
        source(name).pipe(eventTime((row) => row.at, { outOfOrderness: milliseconds(0), name }))
      union(timed('a'), timed('b')).pipe(to(memorySink<{ at: number }>('both')))
    })
    const test = await testTopology(two)
    test.source('a').push({ at: 10 })
    expect(test.output('both').watermarksMs).toEqual([])
    test.source('b').push({ at: 5 })
    expect(test.output('both').watermarksMs).toEqual([4])
    test.source('b').idle(0)
    expect(test.output('both').watermarksMs).toEqual([4, 9])
    test.advanceWatermark(100)
    expect(test.output('both').watermarksMs).toEqual([4, 9, 100])
    expect(test.outputNames).toEqual(['both'])
  })

  it('throws what a user function throws, at the push that met it', async () => {
    const failing = topology('failing', ({ fromSource }) => {
      fromSource<{ n: number }>('numbers', () => memorySource({ splits: [] })).pipe(
        map(({ n }) => ({ n: n.toFixed() })),
        to(memorySink<{ n: string }>('texts')),
      )
    })
    const test = await testTopology(failing)
    test.source('numbers').push({ n: 1 })
    await test.checkpoint()
    const failed = expect.objectContaining({
      name: 'OperatorError',
      details: expect.objectContaining({ uid: 'map-1' }),
    })
    expect(() => test.source('numbers').push({ n: null })).toThrowError(failed)
    expect(() => test.source('numbers').push({ n: 2 })).toThrowError(failed)
    // As in a job that runs, the record is read again.
    await expect(test.restart()).rejects.toThrowError(failed)
    await test.restart({ replay: false })
    test.source('numbers').push({ n: 3 })
    expect(test.output('texts').rows).toEqual([{ n: '1' }, { n: '3' }])
  })

  it('says what there is when a name is not known', async () => {
    const test = await testTopology(job)
    expect(() => test.source('sale')).toThrowError(
      expect.objectContaining({ code: 'TEST_SOURCE_NOT_FOUND', fix: 'Is it "sales"?' }),
    )
    expect(() => test.output('silver.revenue')).toThrowError(
      expect.objectContaining({ code: 'TEST_OUTPUT_NOT_FOUND', message: 'the job has no output "silver.revenue"' }),
    )
  })
})

describe('processing time', () => {
  /** Emits each row a second after it has come. */
  function delaying({ clock, wake, emit }: OperatorContext): Operator {
    const waiting: { atMs: number; batch: Batch }[] = []
    return {
      onBatch(batch) {
        waiting.push({ atMs: clock.nowMs() + 1_000, batch })
        wake(waiting[0]!.atMs)
      },
      onWake(nowMs) {
        while (waiting.length > 0 && waiting[0]!.atMs <= nowMs) emit('out', waiting.shift()!.batch)
        if (waiting.length > 0) wake(waiting[0]!.atMs)
      },
    }
  }

  /** Waits for each row's promise, one batch at a time. */
  function answering({ hold, wake, emit }: OperatorContext): Operator {
    let answered: unknown[] = []
    return {
      onBatch(batch: Batch) {
        hold(
          Promise.all(batch.values.map(({ answer }) => answer)).then((rows) => {
            answered = rows
            wake()
          }),
        )
      },
      onWake() {
        emit('out', new Batch(answered))
        answered = []
      },
    }
  }

  const jobOf = (create: (context: OperatorContext) => Operator) =>
    topology('timed', ({ fromSource }) => {
      const rows = fromSource<any>('rows', () => memorySource({ splits: [] }))
      append<Stream<any>>(rows, { uid: 'waker', kind: 'waker', behaviour: { type: 'operator', create } }).pipe(
        to(memorySink<any>('out')),
      )
    })

  it('stands still until it is advanced, and calls each who is due at their own time', async () => {
    const test = await testTopology(jobOf(delaying), { startMs: 5_000 })
    test.source('rows').push('a')
    test.advanceProcessingTime(milliseconds(400))
    test.source('rows').push('b')
    test.advanceProcessingTime(milliseconds(599))
    expect(test.output('out').rows).toEqual([])
    test.advanceProcessingTime(milliseconds(1))
    expect(test.output('out').rows).toEqual(['a'])
    test.advanceProcessingTime(seconds(10))
    expect(test.output('out').rows).toEqual(['a', 'b'])
    expect(test.clock.nowMs()).toBe(16_000)
  })

  it('waits for promises where a test does, and gives an operator that is full nothing more', async () => {
    const test = await testTopology(jobOf(answering))
    const first = Promise.withResolvers<string>()
    test
      .source('rows')
      .push({ answer: first.promise })
      .push({ answer: Promise.resolve('b') })
    await Promise.resolve()
    expect(test.output('out').rows).toEqual([])
    first.resolve('a')
    await test.settled()
    expect(test.output('out').rows).toEqual(['a', 'b'])
  })

  it('takes a checkpoint behind what an operator is full of', async () => {
    const test = await testTopology(jobOf(answering))
    test.source('rows').push({ answer: Promise.resolve('a') })
    await test.checkpoint()
    await test.restart()
    expect(test.output('out').rows).toEqual(['a'])
  })
})
