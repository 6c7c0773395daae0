/** How a running coordinator is found: a small file that says where it answers, as long as it runs. */
import { readFileSync, rmSync } from 'node:fs'
import * as z from 'zod'
import { jobsWith, makeRunDirectory, runFiles } from './run-directory.ts'
import { writeWhole } from './write-whole.ts'

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
  writeWhole(announcementFile(run, announcement.job), JSON.stringify(announcement))
  return { [Symbol.dispose]: () => withdraw(run, announcement) }
}

/** Removes the announcement if it is still this one. */
export function withdraw(run: string, announcement: Announcement): undefined {
  const found = readAnnouncement(run, announcement.job)
  if (found?.pid !== announcement.pid || found.startedAtMs !== announcement.startedAtMs) return
  rmSync(announcementFile(run, announcement.job), { force: true })
}

/** Of a job's coordinator, or with null the session's; undefined when there is none, or nothing that makes sense. */
export function readAnnouncement(run: string, job: string | null): Announcement | undefined {
  try {
    const { data } = Announcement.safeParse(JSON.parse(readFileSync(announcementFile(run, job), 'utf8')))
    return data?.job === job ? data : undefined
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Of every job's coordinator, by name. */
export function readAnnouncements(run: string): readonly Announcement[] {
  return jobsWith(run, '.json').flatMap((job) => readAnnouncement(run, job) ?? [])
}

function announcementFile(run: string, job: string | null): string {
  const files = runFiles(run)
  return job === null ? files.session : files.job(job)
}
