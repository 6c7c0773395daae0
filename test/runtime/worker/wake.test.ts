/** Operators that are called when they asked to be: between elements, while they are full, and before the end goes on. */
import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/index.ts'
import { rebalance } from '../../../operators/index.ts'
import type { Operator, OperatorContext } from '../../../topology/contract/operator.ts'
import { Batch } from '../../../topology/element.ts'
import { append, type Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { numberSource } from '../../support/number-source.ts'
import { runInMemory } from '../../support/run-in-memory.ts'

interface Row {
  readonly n: number
}

/** Answers each batch after a while by the clock, one batch at a time. */
function answering(context: OperatorContext): Operator {
  let waiting: Batch | undefined
  let answered = Promise.withResolvers<void>()
  let atMs = 0
  return {
    onBatch(batch) {
      expect(waiting).toBeUndefined()
      waiting = batch
      answered = Promise.withResolvers()
      atMs = context.clock.nowMs() + 2
      context.wake(atMs)
      context.hold(answered.promise)
    },
    onWake(nowMs) {
      expect(nowMs).toBeGreaterThanOrEqual(atMs)
      context.emit('out', new Batch(waiting!.values))
      waiting = undefined
      answered.resolve()
    },
    onEnd: () => {
      const last = Promise.withResolvers<void>()
      waiting = new Batch([{ n: -1 }])
      answered = last
      context.wake()
      return last.promise
    },
  }
}

/** Throws when it is called. */
function failing(context: OperatorContext): Operator {
  return {
    onBatch: () => context.wake(),
    onWake() {
      throw new RangeError('woken in vain')
    },
  }
}

function job(create: (context: OperatorContext) => Operator, behindExchange: boolean) {
  const sink = memorySink<Row>('rows')
  const described = topology('wakes', ({ fromSource }) => {
    const rows = fromSource<Row>('numbers', () => numberSource({ splits: 2, rows: 3000, row: (n) => ({ n }) }))
    const input = behindExchange ? rows.pipe(rebalance()) : rows
    append<Stream<Row>>(input, { uid: 'waker', kind: 'test', behaviour: { type: 'operator', create } }).pipe(to(sink))
  })
  return { sink, described }
}

it.each([
  ['in the chain of a source', false],
  ['behind an exchange', true],
])('%s', async (_where, behindExchange) => {
  const { sink, described } = job(answering, behindExchange)
  await runInMemory(described, { parallelism: 2, drain: true })
  const numbers = sink.committed.map(({ n }) => n).sort((a, b) => a - b)
  const twice = Array.from({ length: 3000 }, (_, n) => n).flatMap((n) => [n, n])
  // What was left to be said at the end comes out before it, of both subtasks.
  expect(numbers).toEqual([-1, -1, ...twice])
})

it.each([false, true])(
  'what throws when it is called fails the job (behind an exchange: %s)',
  async (behindExchange) => {
    const { described } = job(failing, behindExchange)
    await expect(runInMemory(described)).rejects.toThrow('woken in vain')
  },
)
