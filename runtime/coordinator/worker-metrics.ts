/** What the workers of a job have measured: asked for when somebody wants to see it, remembered of those that are gone. */
import type { Clock } from '../../topology/contract/clock.ts'
import { addUp, countersOf, type MetricsSnapshot } from '../observability/metrics-snapshot.ts'
import type { WorkerSession } from './worker-session.ts'

/** A worker that does not answer in this time shows what it told last, milliseconds. */
const ANSWER_TIMEOUT_MS = 1_000

/**
 * Counters of workers that are gone are added up into one snapshot, so that the sum over all that is collected never
 * falls, however many workers come and go. What a worker has counted since it told last dies with it.
 */
export class WorkerMetrics {
  private readonly clock: Pick<Clock, 'schedule'>
  private readonly told = new Map<WorkerSession, MetricsSnapshot>()
  private readonly asked = new Map<WorkerSession, PromiseWithResolvers<void>>()
  private gone: Promise<MetricsSnapshot> = Promise.resolve([])

  constructor(clock: Pick<Clock, 'schedule'>) {
    this.clock = clock
  }

  received(session: WorkerSession, snapshot: MetricsSnapshot): void {
    this.told.set(session, snapshot)
    this.answered(session)
  }

  /** The worker is lost or has ended: nothing comes from it any more. */
  ended(session: WorkerSession): void {
    const last = this.told.get(session)
    this.told.delete(session)
    if (last !== undefined) this.gone = this.gone.then((gone) => addUp([gone, countersOf(last)]))
    this.answered(session)
  }

  /** Of those that are gone, and of each that is there. */
  async collect(running: readonly WorkerSession[]): Promise<readonly MetricsSnapshot[]> {
    const deadline = Promise.withResolvers<void>()
    using _timer = this.clock.schedule(ANSWER_TIMEOUT_MS, deadline.resolve)
    await Promise.race([Promise.all(running.map((session) => this.ask(session))), deadline.promise])
    const { gone, told } = this
    const there = [...told.values()]
    return [await gone, ...there]
  }

  /** Whoever asks while a question is on its way waits for the same answer. */
  private ask(session: WorkerSession): Promise<void> {
    let question = this.asked.get(session)
    if (question === undefined) {
      question = Promise.withResolvers<void>()
      this.asked.set(session, question)
      session.send({ type: 'collect' })
    }
    return question.promise
  }

  private answered(session: WorkerSession): void {
    this.asked.get(session)?.resolve()
    this.asked.delete(session)
  }
}
