/** `runtime submit` in a process of its own, and the job asked over REST while it runs. */
import { join } from 'node:path'
import { findCoordinator } from '../../runtime/control/find-coordinator.ts'
import type { RestClient } from '../../runtime/control/rest/rest-client.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { JobDetail } from '../../topology/contract/job-detail.ts'
import { type ProcessResult, type StartedProcess, startProcess, until } from './run-process.ts'

export interface SubmitJobOptions {
  /** Path of the job module, relative to the repository. */
  readonly file: string
  /** What its topology is called. */
  readonly name: string
  readonly dataDir: string
  readonly parallelism: number
  readonly workers: number
  /** Further options of `runtime submit`. */
  readonly args?: readonly string[]
  /** Over the caller's own environment, which the workers have too. */
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningJob {
  /** The coordinator's. */
  readonly process: StartedProcess
  readonly client: RestClient
  detail(): Promise<JobDetail>
}

/** Resolves when the job runs. @throws when it has ended before, with what it wrote */
export async function submitJob(options: SubmitJobOptions): Promise<RunningJob> {
  const { name, dataDir } = options
  const process = startJob(options)
  let ended: ProcessResult | undefined
  process.ended.then((result) => {
    ended = result
  })
  let client: RestClient | undefined
  await until(`job ${name} runs`, async () => {
    if (ended !== undefined) throw new Error(`job ${name} has ended: ${ended.stderr}`)
    client ??= (await findCoordinator(name, { run: join(dataDir, 'run'), clock: systemClock }))?.client
    return client !== undefined && (await client.job(name)).state === 'RUNNING'
  })
  return { process, client: client!, detail: () => client!.job(name) }
}

/** Starts it, and waits for nothing. */
export function startJob({
  file,
  dataDir,
  parallelism,
  workers,
  args = [],
  env = {},
}: SubmitJobOptions): StartedProcess {
  const options = ['--data-dir', dataDir, '--parallelism', `${parallelism}`, '--workers', `${workers}`]
  return startProcess('runtime/cli/bin.js', ['submit', file, ...options, '--format', 'json', ...args], {
    env: { METRICS_PORT: 'off', LOG_LEVEL: 'warn', ...env },
  })
}
