/** What lies in `run/` under the data directory: who runs, where it answers, and what it said. Nobody else may read it. */
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** @param run absolute path of the directory */
export function runFiles(run: string) {
  const jobs = join(run, 'jobs')
  return {
    /** The secret that requests carry. */
    token: join(run, 'token'),
    session: join(run, 'session.json'),
    sessionLog: join(run, 'session.log'),
    /** Holds the lock that keeps a second session away. */
    sessionLock: join(run, 'session'),
    /** A file of each kind per job. Job names have neither dots nor slashes. */
    jobs,
    job: (id: string) => join(jobs, `${id}.json`),
    jobLog: (id: string) => join(jobs, `${id}.log`),
    /** What the session was asked to run, as long as it has to. */
    submission: (id: string) => join(jobs, `${id}.submission.json`),
  }
}

export function makeRunDirectory(run: string): void {
  // The directory it lies in is not made private with it.
  mkdirSync(dirname(run), { recursive: true })
  mkdirSync(runFiles(run).jobs, { recursive: true, mode: 0o700 })
}

/** The jobs that have a file of this kind, by name. */
export function jobsWith(run: string, ending: '.json' | '.log' | '.submission.json'): readonly string[] {
  let names: readonly string[]
  try {
    names = readdirSync(runFiles(run).jobs)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names
    .filter((name) => name.indexOf('.') >= 0 && name.slice(name.indexOf('.')) === ending)
    .map((name) => name.slice(0, -ending.length))
    .sort()
}
