/** Sessions beyond what conformance looks at: credit, chunks under way, time, metrics, failures inside the stage. */
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { map, rebalance } from '../../../operators/index.ts'
import { FrameKind } from '../../../runtime/exchange/data-frames.ts'
import { StageKind } from '../../../runtime/stage-server/stage-frames.ts'
import type { OperatorFactory } from '../../../topology/contract/operator.ts'
import type { Sink } from '../../../topology/contract/sink.ts'
import { Batch } from '../../../topology/element.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { append, type Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { until } from '../../support/run-process.ts'
import { ordersOf, served, TOKEN } from './support/opened-stage.ts'
import type { StageClient } from './support/stage-client.ts'

/** As many batches as have left the stage. */
const batches = (client: StageClient) => client.received.filter(({ kind }) => kind === FrameKind.batch)
const chunks = (client: StageClient) => client.received.flatMap(({ chunk }) => chunk ?? [])

function barrier(client: StageClient, checkpointId: bigint): void {
  client.element(0, { kind: 'barrier', epoch: 7n, checkpointId, triggeredAtMs: 0 })
}

function snapshot(client: StageClient, checkpointId: bigint): Promise<any> {
  return client.waitFor(
    (all) =>
      all.find(({ kind, message }) => kind === StageKind.snapshot && message.checkpointId === String(checkpointId))
        ?.message,
  )
}

async function report(client: StageClient): Promise<any> {
  const before = client.received.length
  client.say(StageKind.metrics)
  return client.waitFor((all) => all.slice(before).find(({ kind }) => kind === StageKind.metrics)?.message)
}

/** Resolves when so many elements wait in the stage. */
function queued(client: StageClient, elements: number): Promise<void> {
  return until(
    `${elements} elements wait`,
    async () => (await report(client)).task.inputQueueLength === elements,
    10_000,
  )
}

it('speaks its own version with a host that speaks later ones', async () => {
  const stage = await served()
  const client = await stage.connect()
  client.say(0, { protocol: 'sluice-stage', version: 9, token: TOKEN, later: true })
  expect(await client.message(StageKind.welcome)).toMatchObject({ version: 1, job: 'shop', keyGroups: 128 })
  await stage.server.close()
  expect(await client.closed).toBeUndefined()
})

describe('credit', () => {
  it('an output without any stops the stage, and each grant lets one step through', async () => {
    const stage = await served()
    const client = await stage.open()
    await client.message(StageKind.opened)
    for (const id of ['0', '1', '2', '3']) client.element(0, ordersOf([id]))
    await queued(client, 3)
    expect(batches(client)).toEqual([])
    // The first batch leaves and takes the credit; the stage looks at the second one only once there is more.
    client.credit(0, 1)
    await client.waitFor(() => batches(client)[0])
    await queued(client, 3)
    client.credit(0, 1 << 20)
    await client.waitFor(() => batches(client)[3])
    expect(batches(client).map(({ element }) => (element as Batch).values[0].id)).toEqual(['0', '1', '2', '3'])
    await stage.server.close()
  })

  it('is given back for what the stage has taken, and control elements take none', async () => {
    const stage = await served({ creditBytes: 2_000 })
    const client = await stage.open()
    client.credit(0, 0xffff_ffff)
    let credit = 2_000
    client.onReceived = (received) => {
      credit += received.credit ?? 0
    }
    let sent = 0
    for (let n = 0; n < 200; n++) {
      await client.waitFor(() => (credit > 0 ? true : undefined))
      const bytes = client.element(0, ordersOf([`${n}`, `${n}`]))
      credit -= bytes
      sent += bytes
      client.element(0, { kind: 'watermark', timestampMs: n })
    }
    await client.waitFor(() => batches(client)[199])
    expect(sent).toBeGreaterThan(10 * 2_000)
    await stage.server.close()
  })

  it('a stalled stage keeps the last watermark of many', async () => {
    const stage = await served()
    const client = await stage.open()
    await client.message(StageKind.opened)
    client.element(0, ordersOf(['a']))
    for (let timestampMs = 1; timestampMs <= 100_000; timestampMs++) {
      client.element(0, { kind: 'watermark', timestampMs })
    }
    client.element(0, { kind: 'idle' })
    await queued(client, 2)
    client.credit(0, 1 << 20)
    await client.waitFor((all) => all.find(({ kind }) => kind === FrameKind.idle))
    const watermarks = client.received.flatMap(({ element }) => (element?.kind === 'watermark' ? element : []))
    expect(watermarks.at(-1)).toEqual({ kind: 'watermark', timestampMs: 100_000 })
    await stage.server.close()
  })
})

describe('a snapshot', () => {
  /** 12 MiB of state, and barrier 1. */
  async function atBarrier() {
    const stage = await served({ creditBytes: 64 << 20 })
    const client = await stage.open()
    client.credit(0, 0xffff_ffff)
    for (let n = 0; n < 6; n++) {
      client.element(0, ordersOf(Array.from({ length: 1_000 }, (_, m) => `${n}/${m}/${'x'.repeat(2_000)}`)))
    }
    barrier(client, 1n)
    await client.waitFor(() => chunks(client)[0])
    return { stage, client }
  }

  it('sends a chunk when the one before it is stored, and the stage goes on meanwhile', async () => {
    const { stage, client } = await atBarrier()
    client.element(0, ordersOf(['behind the barrier']))
    await client.waitFor(() => batches(client)[6])
    await report(client)
    expect(chunks(client)).toHaveLength(1)
    client.onReceived = ({ chunk }) => chunk && client.stored(1n, chunk.chunk)
    client.stored(1n, 0)
    const { chunks: sent } = await snapshot(client, 1n)
    expect(sent).toBeGreaterThan(2)
    expect(chunks(client).map(({ chunk }) => chunk)).toEqual([...Array(sent).keys()])
    expect(chunks(client).reduce((sum, { entries }) => sum + entries, 0)).toBe(6_000)
    await stage.server.close()
  })

  it.each([
    ['an abort', (client: StageClient) => client.checkpoint(StageKind.abort, 1n)],
    ['the next barrier', () => {}],
  ])('is ended by %s, and the next one is whole', async (_, end) => {
    const { stage, client } = await atBarrier()
    end(client)
    // In one breath with the end: no chunk of one snapshot may be taken for one of the other.
    client.stored(1n, 0)
    barrier(client, 2n)
    client.onReceived = ({ chunk }) => chunk && client.stored(BigInt(chunk.checkpointId), chunk.chunk)
    const { chunks: sent } = await snapshot(client, 2n)
    const second = chunks(client).filter(({ checkpointId }) => checkpointId === '2')
    expect(second.map(({ chunk }) => chunk)).toEqual([...Array(sent).keys()])
    expect(second.reduce((sum, { entries }) => sum + entries, 0)).toBe(6_000)
    expect(client.received.filter(({ kind }) => kind === StageKind.snapshot)).toHaveLength(1)
    expect(client.received.filter(({ kind }) => kind === StageKind.declined)).toHaveLength(0)
    await stage.server.close()
  })
})

describe('inside the stage', () => {
  it('an error names the operator', async () => {
    const plan = compile(
      topology('failing', ({ fromSource }) => {
        numbers(fromSource)
          .pipe(
            map((row) => {
              if (row.n === 3) throw new Error('three')
              return row
            }),
          )
          .pipe(to(sink('numbers')))
      }),
    )
    const stage = await served({ plan, stage: 'sink(numbers)' })
    const client = await stage.open()
    client.element(0, new Batch([{ n: 1 }, { n: 3 }]))
    expect(await client.message(StageKind.failed)).toMatchObject({ code: 'OPERATOR_FAILED', uid: 'map-1' })
    await client.closed
    await stage.server.close()
  })

  it('a snapshot that a sink declines is told, and the stage goes on', async () => {
    const prepare = (checkpointId: bigint) =>
      checkpointId === 1n ? Promise.reject(new Error('disk full')) : Promise.resolve([])
    const plan = compile(
      topology('declining', ({ fromSource }) => numbers(fromSource).pipe(to(sink('numbers', prepare)))),
    )
    const stage = await served({ plan, stage: 'sink(numbers)' })
    const client = await stage.open()
    barrier(client, 1n)
    expect(await client.message(StageKind.declined)).toMatchObject({
      checkpointId: '1',
      error: { message: 'disk full' },
    })
    client.element(0, new Batch([{ n: 1 }]))
    expect((await report(client)).task).not.toBeNull()
    expect(client.received.some(({ kind }) => kind === StageKind.failed)).toBe(false)
    await stage.server.close()
  })

  it.each([
    ['the host’s', { nowMs: 1_000 }, [1_000, 5_000]],
    ['its own', {}, [77, 77]],
  ])('time is %s', async (_, open, expected) => {
    const plan = compile(
      topology('clocked', ({ fromSource }) => numbers(fromSource).pipe(stamped(), rebalance(), to(sink('numbers')))),
    )
    const stage = await served({ plan, stage: plan.stages[1]!.id })
    stage.clock.advance(77)
    const client = await stage.open(open)
    client.credit(0, 1 << 20)
    client.element(0, new Batch([{ n: 1 }]))
    await client.waitFor(() => batches(client)[0])
    if ('nowMs' in open) client.time(5_000)
    client.element(0, new Batch([{ n: 1 }]))
    await client.waitFor(() => batches(client)[1])
    expect(batches(client).map(({ element }) => (element as Batch).values[0].atMs)).toEqual(expected)
    await stage.server.close()
  })

  it('tells what it does', async () => {
    const stage = await served()
    const client = await stage.open()
    client.credit(0, 1 << 20)
    client.element(0, ordersOf(['a', 'b', 'a']))
    await client.waitFor(() => batches(client)[0])
    const { task, metrics } = await report(client)
    expect(task.nodes).toContainEqual({ uid: 'deduplicate(id)', recordsIn: 3, recordsOut: 2, watermarkMs: null })
    const labels = { uid: 'deduplicate(id)', subtask: '0' }
    expect(metrics).toContainEqual({ name: 'duplicates_total', labels, value: 1 })
    await stage.server.close()
  })

  it('closes its sinks when the host is gone', async () => {
    const closed = Promise.withResolvers<void>()
    const plan = compile(
      topology('left', ({ fromSource }) => numbers(fromSource).pipe(to(sink('numbers', undefined, closed.resolve)))),
    )
    const stage = await served({ plan, stage: 'sink(numbers)' })
    const client = await stage.open()
    await client.message(StageKind.opened)
    client.close()
    await closed.promise
    await stage.server.close()
  })
})

interface Numbered {
  readonly n: number
}

function numbers(fromSource: <T>(name: string, create: () => any) => Stream<T>) {
  return fromSource<Numbered>('numbers', () => memorySource({ splits: [] })).pipe(rebalance())
}

function sink<T>(name: string, prepare = async (_checkpointId: bigint): Promise<string[]> => [], onClose = () => {}) {
  const create = (): Sink => ({
    async createWriter() {
      return { write() {}, prepareCommit: prepare, close: async () => onClose() }
    },
    createCommitter: () => Promise.reject(new Error('a stage commits nothing')),
    async close() {},
  })
  return { name, create, element: (value: T) => value }
}

/** Says of each row when it came, by the stage's clock. */
function stamped(): (input: Stream<Numbered>) => Stream<Numbered & { atMs: number }> {
  const create: OperatorFactory = (context) => ({
    onBatch: (batch) => {
      const rows = batch.values.map((row) => ({ ...row, atMs: context.clock.nowMs() }))
      context.emit('out', new Batch(rows))
    },
  })
  return (input) => append(input, { uid: 'stamped', kind: 'stamped', behaviour: { type: 'operator', create } })
}
