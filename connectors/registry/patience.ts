/** Asking a registry that may be away: again and again, until it answers, and saying so. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'

export interface PatienceOptions {
  /** Of the registry. */
  readonly address: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What a registry is asked for, as who reads the log is told. */
export interface Question {
  /** What is waited for: "schema 7, which orders[1]@12 names". */
  readonly what: string
  readonly fields?: Readonly<Record<string, unknown>>
  /** @default without end */
  readonly patienceMs?: number
}

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 5_000
/** How often it is said again that somebody waits. */
const SAY_EVERY_MS = 60_000

export class Patience {
  private readonly options: PatienceOptions
  private readonly closing = new AbortController()
  /** The registry is away: since when, and when that was said last. */
  private outage: { readonly sinceMs: number; saidMs: number } | undefined

  constructor(options: PatienceOptions) {
    this.options = options
  }

  /**
   * What `ask` resolves to, once the registry answers.
   *
   * @throws what it answers with, other than `REGISTRY_UNAVAILABLE`; that too when the time is over, and when closed
   */
  async untilAnswered<T>(question: Question, ask: () => Promise<T>): Promise<T> {
    const { clock, random } = this.options
    const { patienceMs = Number.POSITIVE_INFINITY } = question
    const startMs = clock.monotonicMs()
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await ask()
        this.sayItIsBack()
        return answer
      } catch (error) {
        if (!isSluiceError(error, 'REGISTRY_UNAVAILABLE')) {
          this.sayItIsBack()
          throw error
        }
        if (this.closing.signal.aborted) throw error
        const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + random() / 2)
        if (clock.monotonicMs() - startMs + delayMs > patienceMs) throw error
        this.sayItIsAway(error, question)
        await this.delay(delayMs)
      }
    }
  }

  /** Whoever waits is told that it was closed. */
  close(): void {
    this.closing.abort()
  }

  private sayItIsAway(error: SluiceError, { what, fields }: Question): void {
    const { address, clock, logger } = this.options
    const nowMs = clock.monotonicMs()
    if (this.outage !== undefined && nowMs - this.outage.saidMs < SAY_EVERY_MS) return
    this.outage ??= { sinceMs: nowMs, saidMs: nowMs }
    this.outage.saidMs = nowMs
    const waitedMs = Math.round(nowMs - this.outage.sinceMs)
    logger.warn(
      { event: 'registry-unavailable', url: address, waitedMs, ...fields, err: error },
      `${error.message}; waiting for ${what}`,
    )
  }

  private sayItIsBack(): void {
    if (this.outage === undefined) return
    const { address, clock, logger } = this.options
    const waitedMs = Math.round(clock.monotonicMs() - this.outage.sinceMs)
    this.outage = undefined
    logger.info({ event: 'registry-back', url: address, waitedMs }, `the schema registry at ${address} answers again`)
  }

  private delay(delayMs: number): Promise<void> {
    const { signal } = this.closing
    return new Promise((resolve, reject) => {
      const closed = () => {
        timer[Symbol.dispose]()
        reject(new SluiceError('REGISTRY_UNAVAILABLE', 'what waited for the schema registry was closed', {}))
      }
      const timer = this.options.clock.schedule(delayMs, () => {
        signal.removeEventListener('abort', closed)
        resolve()
      })
      signal.addEventListener('abort', closed, { once: true })
    })
  }
}
