/** What whoever fills JobControl refuses with. */
import type { JobState } from '../../topology/contract/job-detail.ts'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'

/** @param known ids of the jobs there are */
export function jobUnknown(id: string, known: Iterable<string>): SluiceError {
  return new SluiceError('JOB_UNKNOWN', `there is no job ${id}${nearest(id, known)}`, {
    fix: '`runtime list` shows the jobs there are.',
    details: { job: id },
  })
}

/** @param known uids of its vertices and of their operators */
export function vertexUnknown(id: string, uid: string, known: Iterable<string>): SluiceError {
  return new SluiceError('VERTEX_UNKNOWN', `job ${id} has no vertex or operator ${uid}${nearest(uid, known)}`, {
    fix: `\`runtime info ${id}\` shows its vertices.`,
    details: { job: id, uid },
  })
}

/** @param what can't be done, as in "a savepoint can't be taken" */
export function jobNotRunning(id: string, state: JobState, what: string): SluiceError {
  return new SluiceError('JOB_NOT_RUNNING', `${what}: job ${id} is ${state}`, {
    fix: 'Wait until it is RUNNING, or submit it again if it has ended.',
    details: { job: id, state },
  })
}

function nearest(name: string, known: Iterable<string>): string {
  const found = nearestName(name, known)
  return found === undefined ? '' : `; did you mean ${found}?`
}
