/** A job in processes of its own, in a data directory that goes with the bench. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningJob, type SubmitJobOptions, submitJob } from '../support/running-job.ts'
import { MARKS_FILE, type Mark, readMarks } from './marks.ts'

export interface BenchedJob {
  submit(options: Omit<SubmitJobOptions, 'dataDir'>): Promise<RunningJob>
  marks(): readonly Mark[]
}

/** Kills what still runs at the end. */
export async function withBenchedJob<R>(bench: (job: BenchedJob) => Promise<R>): Promise<R> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const file = join(dataDir, 'marks')
  const running: RunningJob[] = []
  try {
    return await bench({
      async submit(options) {
        const job = await submitJob({ ...options, dataDir, env: { ...options.env, [MARKS_FILE]: file } })
        running.push(job)
        return job
      },
      marks: () => readMarks(file),
    })
  } finally {
    for (const { process } of running) {
      process.kill('SIGKILL')
      await process.ended
    }
    rmSync(dataDir, { recursive: true, force: true })
  }
}
