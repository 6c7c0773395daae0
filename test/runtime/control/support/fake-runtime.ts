/**
 * Stands in for `runtime` where a session starts processes: `info` and `submit` of a "job" that does nothing. What the
 * job file holds as JSON says how it behaves; each run is noted in `runs.jsonl` beside it.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { openControl } from '../../../../runtime/control/open-control.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import type { Logger } from '../../../../topology/contract/observability.ts'
import { FakeControl } from './fake-control.ts'

/** What a job file of the fake holds. */
export interface FakeJob {
  readonly job: string
  /** `info` ends with this error. */
  readonly invalid?: { readonly code: string; readonly message: string }
  /** `info` writes this and ends with 1. */
  readonly crash?: string
  /** `submit` ends with this error as soon as it is announced. */
  readonly fails?: { readonly code: string; readonly message: string }
  /** `submit` is never announced. */
  readonly mute?: boolean
}

const { values, positionals } = parseArgs({ allowPositionals: true, strict: false })
const [command, file] = positionals as [string, string]
const job = JSON.parse(readFileSync(file, 'utf8')) as FakeJob
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger }

function end(error: { readonly code: string; readonly message: string }): never {
  process.stderr.write(`${JSON.stringify({ error: { ...error, details: { file } } })}\n`)
  process.exit(1)
}

function info(): void {
  if (job.invalid !== undefined) end(job.invalid)
  if (job.crash !== undefined) {
    process.stderr.write(`${job.crash}\n`)
    process.exit(1)
  }
  const plan = { job: job.job, fingerprint: 'f00d', keyGroups: 128, nodes: [], warnings: [] }
  const stages = [{ id: 'source(orders)', parallelism: Number(process.env['PARALLELISM'] ?? 1), nodes: [] }]
  process.stdout.write(JSON.stringify({ ...plan, stages }))
}

async function submit(): Promise<void> {
  process.on('SIGTERM', () => process.exit(143))
  const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^[A-Z_]+$/.test(name)))
  appendFileSync(join(dirname(file), 'runs.jsonl'), `${JSON.stringify({ pid: process.pid, values, settings })}\n`)
  process.stderr.write(`job ${job.job} begins\n`)
  if (job.mute === true) return void setInterval(() => {}, 1_000)
  const control = new FakeControl([job.job])
  const ended = Promise.withResolvers<number>()
  const [stop, cancel] = [control.stop.bind(control), control.cancel.bind(control)]
  control.stop = async (id, options) => {
    const savepoint = await stop(id, options)
    ended.resolve(0)
    return savepoint
  }
  control.cancel = async (id) => {
    await cancel(id)
    ended.resolve(3)
  }
  const run = join(process.env['SLUICE_DATA_DIR']!, 'run')
  const server = await openControl({
    control,
    config: { runDirectory: run, rest: { host: '127.0.0.1', port: 0, auth: 'token' } },
    job: job.job,
    metricsText: async () => `# TYPE p_records counter\np_records{job="${job.job}"} 1\n`,
    clock: systemClock,
    logger,
  })
  if (job.fails !== undefined) {
    await server.close()
    end(job.fails)
  }
  const code = await ended.promise
  await server.close()
  process.exit(code)
}

if (command === 'info') info()
else await submit()
