/** Several attempts of a job at once, each failing or fenced at some moment: together they still write everything once. */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { type MemoryFiles, memoryFiles } from '../../connectors/memory/memory-files.ts'
import { memorySource } from '../../connectors/memory/memory-source.ts'
import { openDuckDb } from '../../connectors/query/duckdb/engine.ts'
import { seededRandom } from '../../jobs/medallion/simulator/random.ts'
import {
  aggregate,
  count,
  deduplicate,
  eventTime,
  keyBy,
  tumbling,
  window,
  windowStart,
} from '../../operators/index.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { runJob } from '../../runtime/coordinator/run-job.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { Random } from '../../topology/contract/clock.ts'
import type { JobRun } from '../../topology/contract/job-control.ts'
import { days, hours } from '../../topology/duration.ts'
import { int, long, timestamp } from '../../topology/schema/index.ts'
import { table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { Warehouse } from '../connectors/iceberg/support/warehouse.ts'
import { localJob } from '../support/local-job.ts'
import { FRESH_SEED, scale } from '../support/scale.ts'
import { recordingLogger } from '../support/silent.ts'

const Visit = z.object({ id: int(), shop: int(), at: long() })
const ShopHour = z.object({ shop: int(), start: timestamp(), visits: long() })

const SPLITS = 3
const ROWS_PER_SPLIT = 10_000
const SHOPS = 7
const MINUTE_MICROS = 60_000_000n

/** Every tenth visit comes twice. */
const splits = Array.from({ length: SPLITS }, (_, split) =>
  Array.from({ length: ROWS_PER_SPLIT }, (_, n) => {
    const id = (n - (n % 10 === 9 ? 1 : 0)) * SPLITS + split
    return { id, shop: id % SHOPS, at: (BigInt(id) * MINUTE_MICROS) / 10n }
  }),
)
const visits = (SPLITS * ROWS_PER_SPLIT * 9) / 10

const rivals = topology('rivals', ({ fromSource }) => {
  const all = fromSource<z.infer<typeof Visit>>('visits', () => memorySource({ splits }))
  all.pipe(to(table('rivals.received', Visit)))
  const { out: unique } = all.pipe(
    eventTime('at', { outOfOrderness: hours(12) }),
    deduplicate({ by: 'id', within: days(7) }),
  )
  unique.pipe(to(table('rivals.visits', Visit)))
  const { out } = unique.pipe(
    keyBy('shop'),
    window(tumbling(hours(1))),
    aggregate({ start: windowStart(), visits: count() }),
  )
  out.pipe(to(table('rivals.hours', ShopHour)))
})

/** A while of the event loop, of random length. */
async function pass(random: Random, turns: number): Promise<void> {
  for (let left = Math.floor(random() * turns); left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
}

/** Files that take their time, before they are touched and before the reply arrives. */
function slow(files: MemoryFiles, random: Random): MemoryFiles {
  const around = async <T>(act: () => Promise<T>): Promise<T> => {
    await pass(random, 20)
    const result = await act()
    await pass(random, 20)
    return result
  }
  return {
    ...files,
    read: (...args) => around(() => files.read(...args)),
    create: (...args) => around(() => files.create(...args)),
    delete: (...args) => around(() => files.delete(...args)),
  }
}

const seeds = Array.from({ length: scale(100, 2) }, (_, n) => FRESH_SEED + n)

it.each(seeds)('write everything once (seed %i)', { timeout: 60_000 }, async (seed) => {
  const random = seededRandom(`rivals ${seed}`)
  const files = memoryFiles()
  let calm = false
  await using warehouse = new Warehouse({
    clock: systemClock,
    async faultPoint(name) {
      if (calm) return
      await pass(random, 10)
      if (random() < 0.02) throw new Error(`fault at ${name}`)
    },
  })
  const attempt = (drain: boolean): Promise<JobRun> => {
    const logger = recordingLogger()
    return runJob({
      ...localJob({
        topology: rivals,
        store: new CheckpointStore({ files: slow(files, random), root: 'memory:///rivals', logger }),
        connections: {
          topics: undefined as never,
          tables: warehouse.tables,
          endpoints: undefined as never,
          serdes: undefined as never,
        },
        clock: systemClock,
        logger,
      }),
      checkpoints: { intervalMs: 1 },
      bounds: drain ? { until: 'latest' } : {},
      drain,
    })
  }
  const ends: Promise<unknown>[] = []
  for (let rival = 0; rival < 8; rival++) {
    const started = attempt(false)
    const ended = started.then(async (run) => {
      await pass(random, 2_000)
      const way = random()
      if (way < 0.2) await run.cancel()
      else if (way < 0.4) await run.stop()
      return run.done
    })
    // How it ended is all the same: stopped, cancelled, failed or fenced.
    ends.push(ended.catch(() => {}))
    // Mostly the next one begins while this one runs, now and then while it starts.
    if (random() < 0.8) await started.catch(() => {})
    await pass(random, 1_000)
  }
  calm = true
  await (await attempt(true)).done
  await Promise.all(ends)
  const { rows } = await openDuckDb({ tables: warehouse.tables }).query(`
    SELECT (SELECT count(*) FROM rivals.received), (SELECT count(*) FROM rivals.visits),
      (SELECT count(DISTINCT id) FROM rivals.visits), (SELECT sum(visits) FROM rivals.hours),
      (SELECT count(*) - count(DISTINCT (shop, start)) FROM rivals.hours)`)
  expect(rows).toEqual([[SPLITS * ROWS_PER_SPLIT, visits, visits, visits, 0].map(String)])
})
