/** A stage does the same by function calls and over a socket, whatever it is fed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { map, rebalance, union } from '../../../operators/index.ts'
import { subtaskOf } from '../../../runtime/state/key-group-range.ts'
import { LocalTransport } from '../../../runtime/transport/local-transport.ts'
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'
import { keyBatch } from '../../../runtime/worker/key-batch.ts'
import { Batch, type Element } from '../../../topology/element.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { pickRows } from '../../../topology/selection.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import shop, { DEDUPLICATION, type Order, SOURCE, WINDOWS } from './support/shop-job.ts'
import { byCalls, type Fed, type Kept, overSocket } from './support/stage-hosts.ts'

const KEY_GROUPS = 16
const directory = mkdtempSync(join(tmpdir(), 'sluice-stage-'))
afterAll(() => rmSync(directory, { recursive: true }))

const plan = compile(shop, { keyGroups: KEY_GROUPS })
const joined = compile(
  topology('joined', ({ fromSource }) => {
    const [left, right] = ['left', 'right'].map((name) =>
      fromSource<Order>(name, () => memorySource({ splits: [] })).pipe(rebalance()),
    )
    union(left!, right!)
      .pipe(
        map(({ id, cents }) => ({ id, cents: cents * 2 })),
        rebalance(),
      )
      .pipe(to(memorySink('joined')))
  }),
)
const stageOf = (id: string) => plan.stages.find((stage) => stage.id === id)!

const TRANSPORTS = {
  'in this process': new LocalTransport(),
  'a Unix socket': new SocketTransport({ listenAt: `unix:${directory}` }),
  'TCP on loopback': new SocketTransport({ listenAt: 'tcp:127.0.0.1:0' }),
}

/** A step: rows that go in, what is said of time, or a checkpoint. */
type Step = Fed | { readonly checkpoint: 'taken' | 'complete' | 'restored' }

const order: fc.Arbitrary<Order> = fc.record({
  id: fc.integer({ min: 0, max: 40 }).map((n) => `order-${n}`),
  customer: fc.constantFrom('Ann', 'Zoë', 'lone \ud800', '', '😀'),
  cents: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  atMs: fc.integer({ min: 0, max: 600_000 }),
})
const orders = fc.array(order, { minLength: 1, maxLength: 30 })
const checkpoint = fc.constantFrom('taken', 'complete', 'restored').map((what) => ({ checkpoint: what }) as Step)
const watermark = fc
  .integer({ min: 0, max: 800_000 })
  .map((timestampMs): Element => ({ kind: 'watermark', timestampMs }))
const idle = fc.constant<Element>({ kind: 'idle' })

function keyedBatch(rows: readonly Order[], field: 'id' | 'customer'): Batch {
  const timed = new Batch(rows, { timestampsMs: Float64Array.from(rows, (row) => row.atMs) })
  return keyBatch(timed, { type: 'key', fields: [field] }, KEY_GROUPS, 'test')
}

/** Those rows of a keyed batch that belong to the second of two subtasks. */
function ofSecond(batch: Batch): Batch {
  const rows = [...batch.keyGroups!.keys()].filter((row) => subtaskOf(batch.keyGroups![row]!, 2, KEY_GROUPS) === 1)
  return pickRows(batch, rows)
}

const keyedSteps = (field: 'id' | 'customer') =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: orders.map((rows): Step => ({ input: 0, element: ofSecond(keyedBatch(rows, field)) })) },
      { weight: 2, arbitrary: watermark.map((element): Step => ({ input: 0, element })) },
      idle.map((element): Step => ({ input: 0, element })),
      checkpoint,
    ),
    { maxLength: 20 },
  )

const sourceSteps = fc.array(
  fc.oneof(
    fc.record({ input: fc.integer({ min: 0, max: 2 }), element: orders.map((rows): Element => new Batch(rows)) }),
    fc.record({ input: fc.constantFrom(0, 1, 2, undefined), element: idle }),
    fc.constantFrom(0, 1, 2).map((input): Step => {
      return { input, element: { kind: 'watermark', timestampMs: Number.NEGATIVE_INFINITY } }
    }),
    checkpoint,
  ),
  { maxLength: 20 },
)

const joinedSteps = fc.array(
  fc.oneof(
    fc.record({
      input: fc.constantFrom(0, 1),
      element: fc.oneof(
        orders.map((rows): Element => new Batch(rows, { kinds: new Uint8Array(rows.length).fill(3) })),
        watermark,
        idle,
      ),
    }),
    checkpoint,
  ),
  { maxLength: 20 },
)

/** Watermark +∞ and the end, as a job drains. */
function drain(inputs: readonly (number | undefined)[]): Step[] {
  return inputs.flatMap((input) => [
    { input, element: { kind: 'watermark', timestampMs: Number.POSITIVE_INFINITY } },
    { input, element: { kind: 'end', drain: true } },
  ])
}

const CASES = [
  ['a source', plan, stageOf(SOURCE), sourceSteps, [undefined]],
  ['deduplication', plan, stageOf(DEDUPLICATION), keyedSteps('id'), [0]],
  ['windows', plan, stageOf(WINDOWS), keyedSteps('customer'), [0]],
  ['two inputs', joined, joined.stages.find(({ inputs }) => inputs.length === 2)!, joinedSteps, [0, 1]],
] as const

describe.each(Object.entries(TRANSPORTS))('over %s', (_, transport) => {
  it.each(CASES)(
    `%s gives the same as by function calls (seed ${FRESH_SEED})`,
    async (_name, of, stage, steps, ends) => {
      await fc.assert(
        fc.asyncProperty(steps as fc.Arbitrary<Step[]>, async (list) => {
          const all = withoutOvertaken([...list, ...drain(ends)])
          const open = [byCalls(of), overSocket(of, transport)]
          const [called, told] = await Promise.all(open.map((each) => observe(each, stage, all)))
          expect(told).toEqual(called)
        }),
        runs(1000, 15),
      )
    },
  )
})

/** Of watermarks in a row on one input a stage may take the last only, when it has not come to the others yet. */
function withoutOvertaken(steps: readonly Step[]): readonly Step[] {
  const isWatermark = (step: Step | undefined) =>
    step !== undefined && 'element' in step && step.element.kind === 'watermark'
  return steps.filter((step, index) => !isWatermark(step) || !isWatermark(steps[index + 1]))
}

/** Everything that a host can see of a stage while it is fed `steps`. */
async function observe(open: ReturnType<typeof byCalls>, stage: (typeof CASES)[number][2], steps: readonly Step[]) {
  const at = { subtask: 1, parallelism: 2 }
  const outputs: unknown[] = []
  const kept: Kept[] = []
  let host = await open(stage, at)
  let checkpointId = 0n
  for (const step of steps) {
    if ('element' in step) {
      await host.feed(step)
      continue
    }
    const snapshot = await host.snapshot(++checkpointId)
    kept.push(snapshot)
    if (step.checkpoint === 'complete') await host.complete(checkpointId)
    if (step.checkpoint === 'restored') {
      outputs.push(await host.output())
      await host.close()
      host = await open(stage, at, snapshot)
    }
  }
  kept.push(await host.snapshot(++checkpointId))
  outputs.push(await host.output())
  await host.close()
  return { outputs, kept }
}
