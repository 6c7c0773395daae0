/** What `npm start` does: publish a simulated run, take it through the job, show what became of it. */
import type { CommandContext } from '../../runtime/cli/command-context.ts'
import { ExitCode, interruptedCode } from '../../runtime/cli/exit-code.ts'
import { openMetrics } from '../../runtime/cli/open-metrics.ts'
import { runWatched } from '../../runtime/cli/run-watched.ts'
import { formatCount } from '../../runtime/cli/units.ts'
import { usageError } from '../../runtime/cli/usage-error.ts'
import { openQuery, openTables } from '../../runtime/compose/index.ts'
import type { Config } from '../../runtime/config/index.ts'
import type { SubmitOptions } from '../../runtime/control/open-job-master.ts'
import type { Metrics } from '../../runtime/observability/metrics.ts'
import { EventProducer } from '../../runtime/producer/event-producer.ts'
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { closingReport } from './closing-report.ts'
import job from './job.ts'
import { UserActionEvent } from './schemas.ts'
import { nextFirstDay } from './simulator/first-day.ts'
import { publishShop } from './simulator/publish-shop.ts'
import { simulateShop } from './simulator/simulate-shop.ts'
import { rawEvents } from './topics.ts'

const TOPIC = rawEvents.name

interface Demo {
  readonly context: CommandContext
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly topics: TopicSystem
  readonly events: number
  readonly seed: number
}

export async function run(context: CommandContext): Promise<number> {
  const { clock, signal } = context.environment
  const events = wholeNumber(context, 'events')
  const seed = wholeNumber(context, 'seed')
  const ratePerSecond = wholeNumber(context, 'rate')
  const { config } = await context.config()
  const logger = await context.logger()
  const metrics = await openMetrics(context)
  const topics = await context.openTopics({ mustExist: false })
  await topics.ensureTopic(TOPIC, rawEvents.options)
  const demo: Demo = { context, config, logger, metrics, topics, events, seed }
  const startedMs = clock.nowMs()
  const { status, published } = context.has('live') ? await live(demo, ratePerSecond) : await bounded(demo)
  if (status !== undefined) await report(demo, { startedMs, status, published })
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}

/** Publishes whole days, then runs the job up to them and closes every window. */
async function bounded(demo: Demo): Promise<{ status: JobStatus | undefined; published: number }> {
  const { environment } = demo.context
  const published = await publishRun(demo)
  if (environment.signal.aborted) return { status: undefined, published }
  return { status: await runJob(demo, { bounds: { until: 'latest' }, drain: true }), published }
}

/** Publishes at a steady rate while the job runs, until Ctrl-C. */
async function live(demo: Demo, ratePerSecond: number): Promise<{ status: JobStatus; published: number }> {
  const { signal, stderr } = demo.context.environment
  stderr.write(`Streaming ${formatCount(ratePerSecond)} records/s until Ctrl-C.\n`)
  const stopPublishing = new AbortController()
  const publishing = (async () => {
    let published = 0
    const stop = AbortSignal.any([signal, stopPublishing.signal])
    while (!stop.aborted) published += await publishRun(demo, { ratePerSecond, signal: stop })
    return published
  })()
  try {
    const status = await runJob(demo, {})
    return { status, published: await publishing }
  } finally {
    // Also when the job failed: nobody would read what a left-over publisher went on to write.
    stopPublishing.abort()
    await publishing
  }
}

function runJob({ context, config, logger, metrics }: Demo, options: Pick<SubmitOptions, 'bounds' | 'drain'>) {
  const { clock } = context.environment
  return runWatched(context, job, { config, clock, logger, metrics, ...options })
}

/** Publishes the days that follow what the topic holds. Returns how many records. */
async function publishRun(
  demo: Demo,
  paced?: { readonly ratePerSecond: number; readonly signal: AbortSignal },
): Promise<number> {
  const { context, config, logger, metrics, topics, events, seed } = demo
  const { clock, signal, stderr } = context.environment
  const scope = metrics.scope({})
  const firstDay = await nextFirstDay(topics, TOPIC, {
    job: 'simulator',
    uid: 'simulator',
    subtask: 0,
    clock,
    logger,
    metrics: scope,
  })
  const simulation = simulateShop({ seed, events, firstDay })
  if (paced === undefined) {
    stderr.write(
      `Publishing ${formatCount(events)} records, ${firstDay} to ${simulation.untilDay} (seed ${seed}), into ${TOPIC}.\n`,
    )
  }
  await using producer = await EventProducer.open({
    system: topics,
    schema: UserActionEvent,
    sourceSystem: 'web-app',
    clock,
    random: Math.random,
    logger,
    metrics: scope,
    acks: config.producer.acks,
    retry: config.producer.retry,
  })
  const startedMs = clock.monotonicMs()
  let last = 0
  const live = stderr.isTTY === true && paced === undefined
  await publishShop(producer, simulation, {
    batch: paced === undefined ? 2_000 : Math.max(1, Math.ceil(paced.ratePerSecond / 10)),
    signal: paced?.signal ?? signal,
    async onProgress(published) {
      last = published
      if (live) stderr.write(`\r\x1b[2K${formatCount(published)} published`)
      if (paced === undefined) return
      const aheadMs = startedMs + (1000 * published) / paced.ratePerSecond - clock.monotonicMs()
      if (aheadMs > 0) await delay(aheadMs, paced.signal)
    },
  })
  if (live) stderr.write('\r\x1b[2K')
  return last
}

async function report(demo: Demo, run: { startedMs: number; status: JobStatus; published: number }): Promise<void> {
  const { context, config, logger, topics } = demo
  const { clock } = context.environment
  await using opened = new AsyncDisposableStack()
  const tables = opened.adopt(await openTables(config, { clock, logger }), (catalog) => catalog.close())
  const engine = opened.adopt(await openQuery(config, tables), (each) => each.close())
  const topic = (await topics.describeTopics()).find((each) => each.topic === TOPIC)
  const inTopic = (topic?.partitions ?? []).reduce(
    (sum, { earliestOffset, latestOffset }) => sum + latestOffset - earliestOffset,
    0n,
  )
  context.print(await closingReport(engine, { ...run, inTopic }))
}

/** Resolves after `delayMs`, or when `signal` aborts. */
function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

function wholeNumber(context: CommandContext, name: string): number {
  const text = context.option(name)!
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || (value === 0 && name !== 'seed')) {
    throw usageError(`--${name} takes a whole number above 0, not "${text}"`)
  }
  return value
}
