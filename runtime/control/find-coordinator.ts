/** Finds the coordinators that run on a data directory. */
import { existsSync } from 'node:fs'
import type { Clock } from '../../topology/contract/clock.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import { type Announcement, readAnnouncement, readAnnouncements, withdraw } from './announcement.ts'
import { isAlive } from './process-alive.ts'
import { RestClient } from './rest/rest-client.ts'
import { runFiles } from './run-directory.ts'
import { readToken } from './token.ts'

export interface FindOptions {
  /** Absolute path of `run/` under the data directory. */
  readonly run: string
  readonly clock: Clock
  /** Aborts what the clients found are asked later. */
  readonly signal?: AbortSignal
}

export interface Coordinator {
  readonly announcement: Announcement
  readonly client: RestClient
}

/** A coordinator that runs answers at once; one that is stopped in its tracks doesn't. */
const PROBE_TIMEOUT_MS = 2_000

/**
 * The coordinator of a job, or with null the session's; undefined when none runs. What one that is gone has left behind
 * is removed, unless the session has to know of it.
 *
 * @throws {SluiceError} `COORDINATOR_SILENT` when its process is there and does not answer
 */
export async function findCoordinator(job: string | null, options: FindOptions): Promise<Coordinator | undefined> {
  const announcement = readAnnouncement(options.run, job)
  return announcement === undefined ? undefined : probe(announcement, options)
}

export interface FoundCoordinators {
  readonly session: Coordinator | undefined
  readonly jobs: readonly Coordinator[]
  /** One for each that does not answer. */
  readonly silent: readonly SluiceError[]
}

/** All that run: the session's, and those of jobs, the session's jobs included. */
export async function findCoordinators(options: FindOptions): Promise<FoundCoordinators> {
  const silent: SluiceError[] = []
  const found = (announcement: Announcement | undefined): Promise<Coordinator | undefined> =>
    announcement === undefined
      ? Promise.resolve(undefined)
      : probe(announcement, options).catch((error: unknown) => {
          if (!isSluiceError(error, 'COORDINATOR_SILENT')) throw error
          silent.push(error)
          return undefined
        })
  const [session, ...jobs] = await Promise.all(
    [readAnnouncement(options.run, null), ...readAnnouncements(options.run)].map(found),
  )
  return { session, jobs: jobs.filter((each) => each !== undefined), silent }
}

async function probe(
  announcement: Announcement,
  { run, clock, signal }: FindOptions,
): Promise<Coordinator | undefined> {
  const { pid, url, job } = announcement
  if (!isAlive(pid)) return forget(run, announcement)
  const token = readToken(run)
  const impatience = new AbortController()
  using _timer = clock.schedule(PROBE_TIMEOUT_MS, () => impatience.abort())
  try {
    const overview = await new RestClient({ url, token, signal: impatience.signal }).overview()
    if (overview.pid !== pid) return forget(run, announcement)
  } catch (error) {
    if (impatience.signal.aborted) throw silent(job, pid, url)
    if (isSluiceError(error, 'COORDINATOR_UNREACHABLE')) return forget(run, announcement)
    // It answers, if only to refuse: the command that asks next says why.
    if (!isSluiceError(error)) throw error
  }
  return { announcement, client: new RestClient({ url, token, ...(signal === undefined ? {} : { signal }) }) }
}

/** A session tells by what is left behind that its job was killed and did not end by itself. */
function forget(run: string, announcement: Announcement): undefined {
  const { job } = announcement
  if (job !== null && existsSync(runFiles(run).submission(job))) return undefined
  return withdraw(run, announcement)
}

function silent(job: string | null, pid: number, url: string): SluiceError {
  const what = job === null ? 'the session' : `the coordinator of job ${job}`
  return new SluiceError('COORDINATOR_SILENT', `${what} (process ${pid}, ${url}) does not answer`, {
    fix: `It is stopped or stuck; look at process ${pid}. Once it is ended, the job can be submitted again.`,
    details: { job, pid, url },
  })
}
