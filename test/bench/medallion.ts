/** The whole medallion job: from the embedded log into five Iceberg tables, in a process of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { processUsage } from '../support/process-usage.ts'
import type { Measurement } from './measure.ts'
import { publishSimulated } from './publish-simulated.ts'

const root = resolve(import.meta.dirname, '../..')
const SAMPLE_MS = 100

export interface SubmitRun {
  readonly wallMs: number
  readonly cpuMs: number
  /** Resident set, bytes, sampled evenly over the run. */
  readonly rssBytes: readonly number[]
}

/** @param events records to publish, ten days of event time per million */
export async function benchMedallion(
  events = Number(process.env['SLUICE_BENCH_EVENTS'] ?? 2_000_000),
): Promise<Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    await publishSimulated(directory, events, Math.max(2, Math.round(events / 100_000)))
    const run = await submit(directory, ['--until', 'latest', '--drain'])
    const quarter = (index: number) => {
      const { rssBytes } = run
      const size = rssBytes.length / 4
      return Math.max(...rssBytes.slice(Math.floor(index * size), Math.floor((index + 1) * size)))
    }
    return [
      { name: 'events', value: events, unit: 'records' },
      {
        name: 'throughput, process start to exit',
        value: (1000 * events) / run.wallMs,
        unit: 'events/s',
        target: '≥ 50,000',
      },
      { name: 'throughput per CPU-second', value: (1000 * events) / run.cpuMs, unit: 'events per CPU-second' },
      { name: 'peak RSS', value: Math.max(...run.rssBytes) / 1e6, unit: 'MB', target: '< 1,000' },
      ...[0, 1, 2, 3].map((index) => ({
        name: `peak RSS of quarter ${index + 1}`,
        value: quarter(index) / 1e6,
        unit: 'MB',
      })),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Submits the job on `directory` in a new process and watches it from outside. */
export function submit(directory: string, options: readonly string[]): Promise<SubmitRun> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['runtime/cli/bin.js', 'submit', 'jobs/medallion/job.ts', ...options], {
    cwd: root,
    env: { ...process.env, SLUICE_DATA_DIR: directory, LOG_LEVEL: 'warn', METRICS_PORT: 'off' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const rssBytes: number[] = []
  let cpuMs = 0
  const sampler = setInterval(() => {
    const sample = processUsage(child.pid!)
    if (sample === undefined) return
    rssBytes.push(sample.rssBytes)
    cpuMs = sample.cpuMs
  }, SAMPLE_MS)
  return new Promise((resolveRun, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      clearInterval(sampler)
      if (code === 0) resolveRun({ wallMs: performance.now() - startedMs, cpuMs, rssBytes })
      else reject(new Error(`submit ended with ${code}`))
    })
  })
}

if (import.meta.main) console.table(await benchMedallion())
