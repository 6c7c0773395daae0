/** How a running coordinator is found: a small file that says where it answers, as long as it runs. */
import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { makeRunDirectory, runFiles } from './run-directory.ts'

const Announcement = z.object({
  /** Null: the session, which has many. */
  job: z.string().nullable(),
  pid: z.int().positive(),
  url: z.string(),
  startedAtMs: z.number(),
})

export type Announcement = Readonly<z.output<typeof Announcement>>

/**
 * Writes the file, mode 0600, over one that an earlier coordinator of the job has left. Disposed: removes it, unless a
 * later one has written its own.
 */
export function announce(run: string, announcement: Announcement): Disposable {
  makeRunDirectory(run)
  const file = announcementFile(run, announcement.job)
  const text = JSON.stringify(announcement)
  const whole = `${file}.${process.pid}`
  writeFileSync(whole, text, { mode: 0o600 })
  renameSync(whole, file)
  return { [Symbol.dispose]: () => withdraw(run, announcement) }
}

/** Removes the announcement if it is still this one. */
export function withdraw(run: string, announcement: Announcement): undefined {
  const found = readAnnouncement(run, announcement.job)
  if (found?.pid !== announcement.pid || found.startedAtMs !== announcement.startedAtMs) return
  try {
    unlinkSync(announcementFile(run, announcement.job))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Of a job's coordinator, or with null the session's; undefined when there is none, or nothing that makes sense. */
export function readAnnouncement(run: string, job: string | null): Announcement | undefined {
  try {
    return Announcement.safeParse(JSON.parse(readFileSync(announcementFile(run, job), 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Of every job's coordinator, by name. */
export function readAnnouncements(run: string): readonly Announcement[] {
  return filesOf(runFiles(run).jobs)
    .flatMap((name) => /^([a-z][a-z0-9_-]*)\.json$/.exec(name)?.[1] ?? [])
    .sort()
    .flatMap((job) => readAnnouncement(run, job) ?? [])
}

function announcementFile(run: string, job: string | null): string {
  const files = runFiles(run)
  return job === null ? files.session : files.job(job)
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
