/** What a session was asked to run: kept in a file as long as it has to, so that the session after it goes on. */
import { readFileSync, rmSync } from 'node:fs'
import * as z from 'zod'
import { jobsWith, makeRunDirectory, runFiles } from '../run-directory.ts'
import { JobId, Plan, SubmitRequest } from '../schemas.ts'
import { writeWhole } from '../write-whole.ts'

export const Submission = z.object({
  id: JobId,
  /** `file` is the real path. */
  request: SubmitRequest,
  plan: Plan,
  submittedAtMs: z.number(),
  /** How often its coordinator was killed and started again. */
  restarts: z.int(),
  /** The last checkpoint there was when it was submitted. */
  lastCheckpointId: z.string(),
})

export type Submission = z.output<typeof Submission>

export function writeSubmission(run: string, submission: Submission): void {
  makeRunDirectory(run)
  writeWhole(runFiles(run).submission(submission.id), JSON.stringify(submission))
}

export function removeSubmission(run: string, id: string): void {
  rmSync(runFiles(run).submission(id), { force: true })
}

/** By name. @throws {ZodError} for a file that another version has written */
export function readSubmissions(run: string): readonly Submission[] {
  return jobsWith(run, '.submission.json').map((id) =>
    Submission.parse(JSON.parse(readFileSync(runFiles(run).submission(id), 'utf8'))),
  )
}
