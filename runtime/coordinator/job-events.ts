/** What happens to a job, for those who listen: numbered, and the last ones remembered. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobEvent, NumberedJobEvent } from '../../topology/contract/job-detail.ts'

const REMEMBERED = 500

/** An event as it is emitted: the time is added here. */
type NewEvent = JobEvent extends infer E ? (E extends JobEvent ? Omit<E, 'atMs'> : never) : never

export class JobEvents {
  private readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  private readonly remembered: NumberedJobEvent[] = []
  private readonly listeners = new Set<() => void>()
  private next = 1
  private ended = false

  constructor(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.clock = clock
  }

  emit(event: NewEvent): void {
    this.remembered.push({ id: String(this.next++), event: { ...event, atMs: this.clock.nowMs() } as JobEvent })
    if (this.remembered.length > REMEMBERED) this.remembered.shift()
    for (const wake of [...this.listeners]) wake()
  }

  /** Nothing comes any more. */
  end(): void {
    this.ended = true
    for (const wake of [...this.listeners]) wake()
  }

  /** The remembered ones after `after`, then what comes, until the job has ended or `signal` aborts. */
  async *read(after?: string, signal?: AbortSignal): AsyncGenerator<NumberedJobEvent> {
    let seen = Number(after ?? 0)
    if (!Number.isSafeInteger(seen) || seen >= this.next) seen = 0
    while (signal?.aborted !== true) {
      const fresh = this.remembered.filter(({ id }) => Number(id) > seen)
      for (const event of fresh) {
        yield event
        seen = Number(event.id)
      }
      if (fresh.length > 0) continue
      if (this.ended) return
      await this.woken(signal)
    }
  }

  private woken(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.listeners.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.listeners.add(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }
}
