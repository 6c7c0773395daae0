/**
 * One job in a process of its own: `run.ts <source | columns | bronze | copy> <bounded | unbounded>`, the cluster and the
 * data directory by the environment. Prints what it took once warm, as JSON. Unbounded, it runs until its standard
 * input is closed.
 */
import { finished } from 'node:stream/promises'
import { openTopics } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { openJobMaster } from '../../../runtime/control/open-job-master.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import { MAX_BATCH_ROWS } from '../../../topology/element.ts'
import type { Topology } from '../../../topology/topology.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'
import { timed } from '../measure.ts'
import { JOBS, SOURCE, WARM_UP } from './jobs.ts'

/** What a run prints. */
export interface KafkaRun {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
}

const { config } = loadConfig({ env: process.env, cwd: process.cwd() })
const logger = recordingLogger()

/** The topic's records as a source gives them to a job, and no more. */
async function readAlone(topic: string): Promise<void> {
  const topics = await openTopics(config, { clock, logger })
  const source = topics.source(topic)
  const splits = await source.discoverSplits({ until: 'latest' })
  const reader = source.createReader({ job: 'bench', uid: topic, subtask: 0, clock, logger, metrics: silentMetrics })
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const { signal } = new AbortController()
  while (!splits.every(({ id }) => reader.atEnd(id))) {
    if ((await reader.poll(MAX_BATCH_ROWS)) === undefined) await reader.wait(100, signal)
  }
  await reader.close()
  await source.close()
  await topics.close()
}

async function runJob(job: Topology, bounded: boolean): Promise<void> {
  const metrics = createMetrics({ prefix: config.metrics.prefix, clock })
  const bounds = bounded ? ({ until: 'latest' } as const) : {}
  const { master, close } = await openJobMaster(job, { config, clock, logger, metrics, bounds })
  await master.start()
  if (!bounded) {
    await finished(process.stdin.resume())
    await master.cancel()
  }
  await master.done
  await close()
}

const [what, bound] = process.argv.slice(2) as ['source' | keyof typeof JOBS, 'bounded' | 'unbounded']
const run = (topic: string, bounded: boolean) =>
  what === 'source' ? readAlone(topic) : runJob(JOBS[what](topic), bounded)
if (bound === 'bounded') await run(WARM_UP, true)
const { wallMs, cpuMs } = await timed(() => run(SOURCE, bound === 'bounded'))
const peakRssBytes = process.resourceUsage().maxRSS * 1024
process.stdout.write(JSON.stringify({ wallMs, cpuMs, peakRssBytes } satisfies KafkaRun))
