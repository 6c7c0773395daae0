/** A whole job in this process: results, checkpoints, going on, stopping, failing. */
import { describe, expect, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { type MemorySink, memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import {
  aggregate,
  count,
  eventTime,
  filter,
  keyBy,
  map,
  sum,
  tumbling,
  window,
  windowStart,
} from '../../../operators/index.ts'
import type { Sink, SinkWriter } from '../../../topology/contract/sink.ts'
import { hours, minutes } from '../../../topology/duration.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory, startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'
import type { RecordedLog } from '../../support/silent.ts'

interface Sale {
  readonly shop: string
  readonly cents: number
  readonly at: bigint
}
interface Total {
  readonly shop: string
  readonly start: bigint
  readonly cents: number
  readonly sales: bigint
}

const HOUR_MICROS = 3_600_000_000n

/** Two splits, `hoursLong` hours, one sale of 1 cent per shop, split and minute. */
function sales(hoursLong: number): Sale[][] {
  return [0, 1].map((split) =>
    Array.from({ length: hoursLong * 60 * 2 }, (_, n) => ({
      shop: n % 2 === 0 ? `even ${split}` : 'both',
      cents: 1,
      at: BigInt(n >> 1) * 60_000_000n,
    })),
  )
}

function hourly(rows: readonly (readonly Sale[])[], sink: MemorySink<Total>) {
  return topology('hourly', ({ fromSource }) => {
    const { out } = fromSource<Sale>('sales', () => memorySource({ splits: rows })).pipe(
      filter((sale) => sale.cents > 0),
      map((sale) => ({ shop: sale.shop, cents: sale.cents, at: sale.at })),
      eventTime('at', { outOfOrderness: minutes(5) }),
      keyBy('shop'),
      window(tumbling(hours(1)), { allowedLateness: minutes(0) }),
      aggregate({ start: windowStart(), cents: sum('cents'), sales: count() }),
    )
    out.pipe(to(sink))
  })
}

function totals(sink: MemorySink<Total>) {
  return sink.committed.map((row) => `${row.start / HOUR_MICROS}h ${row.shop} ${row.cents}`).sort()
}

describe('a bounded run', () => {
  it('writes each closed window once, leaves open ones in state, and the next run goes on', async () => {
    const sink = memorySink<Total>('totals')
    const files = memoryFiles()
    const status = await runInMemory(hourly(sales(2), sink), { files })
    expect(status.state).toBe('FINISHED')
    expect(totals(sink)).toEqual(['0h both 120', '0h even 0 60', '0h even 1 60'])
    await runInMemory(hourly(sales(4), sink), { files })
    expect(totals(sink)).toHaveLength(9)
    expect(totals(sink)).toContain('1h both 120')
    expect(totals(sink)).toContain('2h even 1 60')
  })

  it('with drain closes every window', async () => {
    const sink = memorySink<Total>('totals')
    await runInMemory(hourly(sales(2), sink), { drain: true })
    expect(totals(sink)).toEqual([
      '0h both 120',
      '0h even 0 60',
      '0h even 1 60',
      '1h both 120',
      '1h even 0 60',
      '1h even 1 60',
    ])
  })

  it('run again without new input adds nothing', async () => {
    const sink = memorySink<Total>('totals')
    const files = memoryFiles()
    await runInMemory(hourly(sales(3), sink), { files, drain: true })
    const before = totals(sink)
    const again = await runInMemory(hourly(sales(3), sink), { files, drain: true })
    expect(again.restoredFrom).toBeDefined()
    expect(totals(sink)).toEqual(before)
  })

  it('takes checkpoints while it runs without losing or doubling anything', async () => {
    const sink = memorySink<Total>('totals')
    const status = await runInMemory(hourly(sales(24 * 30), sink), { checkpointIntervalMs: 1, drain: true })
    expect(status.lastCheckpoint!.id).toBeGreaterThan(1n)
    expect(sink.committed).toHaveLength(24 * 30 * 3)
    expect(sink.committed.reduce((all, row) => all + row.cents, 0)).toBe(24 * 30 * 240)
  })
})

describe('an unbounded run', () => {
  it('stops with a savepoint and goes on from there', async () => {
    const sink = memorySink<Total>('totals')
    const files = memoryFiles()
    const run = await startInMemory(hourly(sales(2), sink), { files, until: 'stopped' })
    const savepoint = await run.stop()
    expect(savepoint.kind).toBe('savepoint')
    expect((await run.done).state).toBe('FINISHED')
    await runInMemory(hourly(sales(3), sink), { files, drain: true })
    expect(totals(sink)).toHaveLength(9)
  })

  it('that is drained drains its last savepoint, and not a checkpoint that is still being taken', async () => {
    const sink = memorySink<Total>('totals')
    const run = await startInMemory(hourly(sales(2), sink), { until: 'stopped' })
    await until('the first hour', async () => {
      await run.trigger('checkpoint')
      return sink.committed.length === 3
    })
    const checkpoint = run.trigger('checkpoint')
    const stopped = run.stop({ drain: true })
    await checkpoint
    expect(totals(sink)).toEqual(['0h both 120', '0h even 0 60', '0h even 1 60'])
    await stopped
    expect(totals(sink)).toHaveLength(6)
  })

  it('cancelled, loses nothing that the last checkpoint held and repeats nothing', async () => {
    const sink = memorySink<Total>('totals')
    const files = memoryFiles()
    const run = await startInMemory(hourly(sales(50), sink), { files, until: 'stopped', checkpointIntervalMs: 1 })
    await run.cancel()
    await runInMemory(hourly(sales(50), sink), { files, drain: true })
    expect(new Set(totals(sink)).size).toBe(sink.committed.length)
    expect(sink.committed).toHaveLength(150)
  })
})

describe('a job that is cancelled while it stops', () => {
  it('ends, and so does the stop', async () => {
    const sink = memorySink<{ id: number }>('ids')
    const { promise: prepared, resolve: prepare } = Promise.withResolvers<readonly string[]>()
    const job = topology('cancelled', ({ fromSource }) => {
      fromSource<{ id: number }>('ids', () => memorySource({ splits: [[{ id: 1 }]] })).pipe(
        to<{ id: number }>({ name: 'slow', create: () => wrapped(sink, { prepareCommit: () => prepared }) }),
      )
    })
    const run = await startInMemory(job, { until: 'stopped' })
    const stopped = run.stop()
    stopped.catch(() => {})
    await run.cancel()
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELED' })
    expect((await run.done).state).toBe('CANCELED')
    prepare([])
  })
})

describe('a failing function', () => {
  it('fails the job with the operator, the value and the cause, and commits nothing of the interval', async () => {
    const sink = memorySink<{ id: number }>('ids')
    const log: RecordedLog[] = []
    const job = topology('failing', ({ fromSource }) => {
      fromSource<{ id: number }>('ids', () => memorySource({ splits: [[{ id: 1 }, { id: 2 }]] })).pipe(
        map((row) => {
          if (row.id === 2) throw new RangeError('two is too many')
          return row
        }),
        to(sink),
      )
    })
    await expect(runInMemory(job, { log })).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      message: expect.stringContaining('two is too many'),
      details: { uid: 'map-1', value: '{ id: 2 }' },
    })
    expect(sink.committed).toEqual([])
    expect(log.some((line) => line.level === 'error' && line.fields['event'] === 'job-failed')).toBe(true)
  })
})

describe('two sinks that fail on one batch', () => {
  it('fail the job by the first error; the other, which comes later, is heard by nobody and does no harm', async () => {
    const [late, soon] = [memorySink<{ id: number }>('late'), memorySink<{ id: number }>('soon')]
    const failure = Promise.withResolvers<void>()
    const job = topology('failing-twice', ({ fromSource }) => {
      const ids = fromSource<{ id: number }>('ids', () => memorySource({ splits: [[{ id: 1 }]] }))
      ids.pipe(to<{ id: number }>({ name: 'late', create: () => wrapped(late, { write: () => failure.promise }) }))
      const write = () => {
        throw new RangeError('no room')
      }
      ids.pipe(to<{ id: number }>({ name: 'soon', create: () => wrapped(soon, { write }) }))
    })
    await expect(runInMemory(job)).rejects.toThrow('no room')
    failure.reject(new Error('no room here either'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('a failure behind a full channel', () => {
  it('ends the job all the same, whatever waits for credit', async () => {
    const rows = [Array.from({ length: 200_000 }, (_, id) => ({ id, at: BigInt(id) }))]
    const job = topology('backpressured', ({ fromSource }) => {
      fromSource<{ id: number; at: bigint }>('rows', () => memorySource({ splits: rows })).pipe(
        keyBy('id'),
        filter((row) => {
          if (row.id === 150_000) throw new RangeError('enough')
          return true
        }),
        to({ name: 'slow', create: () => slowSink() }),
      )
    })
    await expect(runInMemory(job)).rejects.toMatchObject({ code: 'OPERATOR_FAILED', details: { uid: 'filter-1' } })
  })
})

/** Takes a turn of the event loop for every batch, so that channels fill. */
function slowSink(): Sink {
  return wrapped(memorySink<unknown>('slow'), { write: () => new Promise((resolve) => setImmediate(resolve)) })
}

/** `sink` with a writer of which some calls are replaced. */
function wrapped(sink: MemorySink<any>, calls: Partial<SinkWriter>): Sink {
  const created = sink.create()
  return {
    ...created,
    createWriter: async (context) => ({ ...(await created.createWriter(context)), ...calls }),
  }
}

describe('a checkpoint that does not fit', () => {
  it('is refused with what changed', async () => {
    const files = memoryFiles()
    const rows = [[{ id: 1 }]]
    const before = topology('renamed', ({ fromSource }) => {
      fromSource<{ id: number }>('rows', () => memorySource({ splits: rows })).pipe(
        to(memorySink<{ id: number }>('old')),
      )
    })
    const after = topology('renamed', ({ fromSource }) => {
      fromSource<{ id: number }>('rows', () => memorySource({ splits: rows })).pipe(
        to(memorySink<{ id: number }>('new')),
      )
    })
    await runInMemory(before, { files })
    await expect(runInMemory(after, { files })).rejects.toMatchObject({
      code: 'RESTORE_MISMATCH',
      message: expect.stringMatching(/sink\(old\)[\s\S]*sink\(new\)/),
    })
  })
})
