/** A job of a session as it is shown: what its coordinator tells, and what only the session knows. */
import type { JobDetail, JobSummary } from '../../../topology/contract/job-detail.ts'
import type { SessionJob } from './session-job.ts'

/** What its coordinator says, and what that can't know: when it was submitted, and how often the coordinator was killed. */
export function seenBySession<T extends JobSummary>(told: T, { submission }: SessionJob): T {
  const { submittedAtMs, restarts } = submission
  return {
    ...told,
    startedAtMs: submittedAtMs,
    durationMs: told.durationMs + told.startedAtMs - submittedAtMs,
    restarts: told.restarts + restarts,
  }
}

/** Of a job whose coordinator does not answer yet, or any more. */
export function summaryWithoutCoordinator(job: SessionJob, nowMs: number): JobSummary {
  const { id, state, submission, endedAtMs } = job
  const { plan, request, submittedAtMs, restarts } = submission
  return {
    id,
    state,
    startedAtMs: submittedAtMs,
    endedAtMs,
    durationMs: (endedAtMs ?? nowMs) - submittedAtMs,
    parallelism: request.parallelism ?? Math.max(1, ...plan.stages.map(({ parallelism }) => parallelism)),
    workers: request.workers ?? 0,
    restarts,
  }
}

export function detailWithoutCoordinator(job: SessionJob, nowMs: number): JobDetail {
  const { plan, request } = job.submission
  return {
    ...summaryWithoutCoordinator(job, nowMs),
    file: request.file,
    epoch: '0',
    planFingerprint: plan.fingerprint,
    keyGroups: plan.keyGroups,
    workerProcesses: [],
    vertices: [],
    lastCheckpoint: null,
    rootException: job.exceptions[0] ?? null,
  }
}
