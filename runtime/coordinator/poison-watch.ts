/** Tells a record that fails the job again and again from failures that pass: and names it. */
import { SluiceError } from '../../topology/errors.ts'
import { taskId } from '../protocol/messages.ts'
import type { Attempt, AttemptFailure } from './attempt.ts'

/** So many failures at the same place, with no checkpoint between them, and it is the record. */
const FAILURES = 3

/** Codes of errors that a record causes, not its surroundings. */
const BY_RECORD: ReadonlySet<string> = new Set(['OPERATOR_FAILED', 'RECORD_INVALID'])

/**
 * After the first failure that a record causes, the job reads record by record until a checkpoint has got past it, so
 * that the next one names its place. After `FAILURES` it is given up.
 */
export class PoisonWatch {
  private place: string | undefined
  private failures = 0

  /** Whether the next attempt shall read record by record. */
  get isCareful(): boolean {
    return this.failures > 0
  }

  /** The error to report: `POISON_RECORD`, naming the record, once there is no doubt. */
  judge({ error, task }: AttemptFailure, attempt: Attempt | undefined): SluiceError {
    if (!BY_RECORD.has(error.code) || task === undefined) {
      this.failures = 0
      return error
    }
    const place = `${taskId(task)} ${error.code}`
    if (this.place !== place || attempt?.coordinator.lastCheckpoint !== undefined) this.failures = 0
    this.place = place
    if (++this.failures < FAILURES) return error
    const record = recordOf(error, attempt)
    const where = record === undefined ? 'a record' : `record ${record.topic}[${record.partition}]@${record.offset}`
    return new SluiceError(
      'POISON_RECORD',
      `${where} has failed the job ${this.failures} times at the same place: ${error.message}`,
      {
        cause: error,
        fix: `${error.fix ?? ''} Mend the function, filter such records out before it, or quarantine them.`.trim(),
        details: { ...error.details, ...record, failures: this.failures, task: taskId(task) },
      },
    )
  }
}

/** From the split and position that a careful attempt stamps its records with. */
function recordOf(error: SluiceError, attempt: Attempt | undefined) {
  const { split: id, position } = error.details
  for (const node of attempt?.options.plan.nodes ?? []) {
    if (node.behaviour.type !== 'source') continue
    const split = attempt?.options.splits.get(node.id)?.find((each) => each.id === id)
    if (split !== undefined) {
      return { topic: node.behaviour.source.name, partition: split.index, offset: String(position) }
    }
  }
  return undefined
}
