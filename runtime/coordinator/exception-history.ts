/** Why attempts of a job ended: the last ones, for people. */
import type { ExceptionEntry, JobExceptions } from '../../topology/contract/job-detail.ts'
import type { AttemptFailure } from './attempt.ts'

const HISTORY = 32

export class ExceptionHistory {
  private readonly entries: ExceptionEntry[] = []
  private truncated = false

  add(atMs: number, epoch: string, { error, task, worker }: AttemptFailure): ExceptionEntry {
    const entry: ExceptionEntry = {
      atMs,
      code: error.code,
      message: error.message,
      fix: error.fix ?? null,
      stack: error.stack ?? null,
      task: task === undefined ? null : { uid: task.stage, index: task.subtask },
      worker: worker ?? null,
      record: recordOf(error.details),
      epoch,
    }
    this.entries.unshift(entry)
    if (this.entries.length > HISTORY) {
      this.entries.pop()
      this.truncated = true
    }
    return entry
  }

  get last(): ExceptionEntry | null {
    return this.entries[0] ?? null
  }

  snapshot(): JobExceptions {
    return { root: this.last, history: [...this.entries], truncated: this.truncated }
  }
}

function recordOf(details: Readonly<Record<string, unknown>>): ExceptionEntry['record'] {
  const { topic, partition, offset } = details
  if (typeof topic !== 'string' || typeof partition !== 'number' || offset === undefined) return null
  return { topic, partition, offset: String(offset) }
}
