/** The last events of something, kept for whoever comes later, and followed live by whoever is there. */
import { SluiceError } from '../../topology/errors.ts'

export interface RecentEventsOptions {
  /** How many are kept. */
  readonly capacity: number
  /** Tells one sequence of events from another with the same numbers: the time or id of its process. */
  readonly origin: string
}

export interface FollowOptions {
  /** Begin behind the event of this id; one that is no longer kept, or of another origin, gives all that are. */
  readonly after?: string
  /** Aborted: what is there is still given, then the sequence ends. */
  readonly signal?: AbortSignal
}

/**
 * Nothing waits for a follower: each has a place in the one ring, and one whose place has been overwritten is let go
 * with `FELL_BEHIND`. So a slow reader costs no memory.
 *
 * @example
 * const events = new RecentEvents<JobEvent>({ capacity: 1_000, origin: String(clock.nowMs()) })
 * events.push({ type: 'state', atMs: clock.nowMs(), state: 'RUNNING', previous: 'CREATED' })
 */
export class RecentEvents<T> {
  private readonly options: RecentEventsOptions
  private readonly ring: T[] = []
  private readonly waiting = new Set<() => void>()
  /** The number that the next event gets. */
  private next = 0
  private ended = false

  constructor(options: RecentEventsOptions) {
    this.options = options
  }

  push(event: T): void {
    this.ring[this.next % this.options.capacity] = event
    this.next++
    this.wake()
  }

  /** Nothing more comes: followers end when they have seen all. */
  end(): void {
    this.ended = true
    this.wake()
  }

  async *follow({ after, signal }: FollowOptions = {}): AsyncGenerator<{ readonly id: string; readonly event: T }> {
    let place = this.placeBehind(after)
    for (;;) {
      while (place < this.next) {
        if (place < this.first) throw fellBehind(this.first - place)
        const event = this.ring[place % this.options.capacity]!
        yield { id: `${this.options.origin}-${place}`, event }
        place++
      }
      if (this.ended || signal?.aborted === true) return
      await this.change(signal)
    }
  }

  private get first(): number {
    return Math.max(0, this.next - this.options.capacity)
  }

  private placeBehind(after: string | undefined): number {
    const number = after?.startsWith(`${this.options.origin}-`)
      ? Number(after.slice(this.options.origin.length + 1))
      : -1
    return Number.isSafeInteger(number) && number < this.next ? Math.max(this.first, number + 1) : this.first
  }

  private change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.waiting.add(wake)
      signal?.addEventListener('abort', wake)
    })
  }

  private wake(): void {
    for (const wake of this.waiting) wake()
  }
}

function fellBehind(lost: number): SluiceError {
  return new SluiceError('FELL_BEHIND', `${lost} events went by unread`, {
    fix: 'Follow again from the last event seen; those in between are gone.',
    details: { lost },
  })
}
