/** Tells a record that fails the job again and again from failures that pass: names it, and quarantines it on demand. */
import { SluiceError } from '../../topology/errors.ts'
import type { Node } from '../../topology/graph.ts'
import type { Poison } from '../../topology/poisoned-record.ts'
import { taskId } from '../protocol/messages.ts'
import type { Attempt, AttemptFailure } from './attempt.ts'

/** So many failures at the same record, or at the same task with no checkpoint between them, and it is the record. */
const FAILURES = 3

/** Codes of errors that a record causes, not its surroundings. */
const BY_RECORD: ReadonlySet<string> = new Set([
  'OPERATOR_FAILED',
  'RECORD_INVALID',
  'RECORD_REFUSED',
  'RECORD_TOO_LARGE',
])

export interface Verdict {
  /** What to report: `POISON_RECORD`, naming the record, once there is no doubt. */
  readonly error: SluiceError
  /** The job reads its source's `poisoned`, so the next attempt goes on without the record. */
  readonly quarantined: boolean
}

/**
 * After the first failure that a record causes, the job reads record by record as far as it had got, so that the next one
 * names its place. After `FAILURES` it is given up, or quarantined.
 *
 * What is quarantined is known to this coordinator only: one that is killed before the next checkpoint finds out anew.
 */
export class PoisonWatch {
  /** Where the last failure was: the task, and the record where it is known. */
  private last: { readonly task: string; readonly record: string | undefined } | undefined
  private failures = 0
  /** What the sources had read when it failed, and no checkpoint had got past. */
  private unread = 0
  private readonly bySource = new Map<string, Poison[]>()

  /** How many records each source of the next attempt shall read one by one: one of them fails the job. */
  get suspects(): number {
    return this.failures > 0 ? this.unread : 0
  }

  /** By source uid. */
  get quarantined(): Readonly<Record<string, readonly Poison[]>> {
    return Object.fromEntries(this.bySource)
  }

  judge({ error, task }: AttemptFailure, attempt: Attempt | undefined): Verdict {
    if (!BY_RECORD.has(error.code) || task === undefined) {
      this.failures = 0
      return { error, quarantined: false }
    }
    const { split, position } = error.details
    const here = {
      task: `${taskId(task)} ${error.code}`,
      record: position === undefined ? undefined : `${split}@${position}`,
    }
    if (!this.isAgain(here, attempt)) this.failures = 0
    this.last = here
    // All together: they may be dealt out otherwise next time.
    this.unread = 0
    for (const { recordsSinceCheckpoint = 0 } of attempt?.tasks.values() ?? []) this.unread += recordsSinceCheckpoint
    if (++this.failures < FAILURES) return { error, quarantined: false }
    const found = recordOf(error, attempt)
    const quarantined = found !== undefined && this.quarantine(found, error, task.stage, attempt!)
    const record = found && { topic: found.topic, partition: found.partition, offset: found.offset }
    const where = record === undefined ? 'a record' : `record ${record.topic}[${record.partition}]@${record.offset}`
    const advice = quarantined
      ? 'It is quarantined, and the job goes on.'
      : "Mend the function, filter such records out before it, or quarantine them: let the job read its source's `poisoned`."
    const named = new SluiceError(
      'POISON_RECORD',
      `${where} has failed the job ${this.failures} times at the same place: ${error.message}`,
      {
        cause: error,
        fix: advice,
        details: { ...error.details, ...record, failures: this.failures, task: taskId(task) },
      },
    )
    if (quarantined) this.failures = 0
    return { error: named, quarantined }
  }

  /** A record that is known is the same however many checkpoints lie between; of another, one tells that it was passed. */
  private isAgain(here: NonNullable<PoisonWatch['last']>, attempt: Attempt | undefined): boolean {
    const { last } = this
    if (last?.task !== here.task) return false
    if (last.record !== undefined && here.record !== undefined) return last.record === here.record
    return attempt?.coordinator.lastCheckpoint === undefined
  }

  private quarantine({ source, split, offset }: Found, error: SluiceError, stage: string, attempt: Attempt): boolean {
    const { edges } = attempt.options.plan
    if (!edges.some((edge) => edge.from === source && edge.port === 'poisoned')) return false
    const uid = typeof error.details['uid'] === 'string' ? error.details['uid'] : stage
    const poison = { split, position: offset, uid, code: error.code, error: error.message }
    this.bySource.set(source.id, [...(this.bySource.get(source.id) ?? []), poison])
    return true
  }
}

interface Found {
  readonly source: Node
  readonly split: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** From the split and position that a careful attempt stamps its records with. */
function recordOf(error: SluiceError, attempt: Attempt | undefined): Found | undefined {
  const { split: id, position } = error.details
  for (const source of attempt?.options.plan.nodes ?? []) {
    if (source.behaviour.type !== 'source') continue
    const split = attempt?.options.splits.get(source.id)?.find((each) => each.id === id)
    if (split === undefined) continue
    const topic = source.behaviour.source.name
    return { source, split: split.id, topic, partition: split.index, offset: String(position) }
  }
  return undefined
}
