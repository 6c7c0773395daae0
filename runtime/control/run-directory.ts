/** What lies in `run/` under the data directory: who runs, where it answers, and what it said. Nobody else may read it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** @param run absolute path of the directory */
export function runFiles(run: string) {
  const jobs = join(run, 'jobs')
  return {
    /** The secret that requests carry. */
    token: join(run, 'token'),
    session: join(run, 'session.json'),
    sessionLog: join(run, 'session.log'),
    /** A file of each kind per job. Job names have neither dots nor slashes. */
    jobs,
    job: (id: string) => join(jobs, `${id}.json`),
    jobLog: (id: string) => join(jobs, `${id}.log`),
    /** What the session was asked to run, as long as it has to. */
    submission: (id: string) => join(jobs, `${id}.submission.json`),
  }
}

export function makeRunDirectory(run: string): void {
  mkdirSync(runFiles(run).jobs, { recursive: true, mode: 0o700 })
}
