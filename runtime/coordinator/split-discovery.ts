/** Looks for splits that have come since an attempt began, and deals them out to the readers that run. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { Source, SplitDescription, SplitState } from '../../topology/contract/source.ts'
import { splitsOf } from '../checkpoint/restore.ts'
import type { TaskName } from '../protocol/messages.ts'

export interface SplitDiscoveryOptions {
  /** By uid, with the stage that reads it. */
  readonly sources: ReadonlyMap<
    string,
    { readonly source: Source; readonly stage: string; readonly parallelism: number }
  >
  /** By uid: those that were dealt out when the attempt began. */
  readonly splits: ReadonlyMap<string, readonly SplitState[]>
  /** By uid: those of the checkpoint that it began from. One that was away then goes on where it was when it is back. */
  readonly restored: Readonly<Record<string, readonly SplitState[]>>
  readonly assign: (task: TaskName, splits: readonly SplitState[]) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A new split begins at its start, whichever checkpoint is under way: a checkpoint that its reader has cut before it came
 * does not know it, and nothing of it is part of that checkpoint; the next attempt finds it again.
 */
export class SplitDiscovery {
  private readonly options: SplitDiscoveryOptions
  private readonly dealt: Map<string, readonly SplitState[]>
  private readonly timers = new Map<string, Disposable>()
  private stopped = false

  constructor(options: SplitDiscoveryOptions) {
    this.options = options
    this.dealt = new Map(options.splits)
  }

  start(): void {
    for (const uid of this.options.sources.keys()) this.schedule(uid)
  }

  stop(): void {
    this.stopped = true
    for (const timer of this.timers.values()) timer[Symbol.dispose]()
    this.timers.clear()
  }

  private schedule(uid: string): void {
    const { sources, clock } = this.options
    const { discoveryIntervalMs } = sources.get(uid)!.source
    if (discoveryIntervalMs === undefined || this.stopped) return
    this.timers.set(
      uid,
      clock.schedule(discoveryIntervalMs, () => void this.look(uid)),
    )
  }

  private async look(uid: string): Promise<void> {
    const { sources, logger } = this.options
    try {
      const found = await sources.get(uid)!.source.discoverSplits({ from: 'earliest' })
      if (!this.stopped) this.dealOut(uid, found)
    } catch (error) {
      // What is not there now may be there the next time; nothing is lost meanwhile.
      logger.warn(
        { event: 'discovery-failed', uid, err: error },
        `${uid}: looking for splits: ${(error as Error).message}`,
      )
    }
    this.schedule(uid)
  }

  private dealOut(uid: string, found: readonly SplitDescription[]): void {
    const { sources, restored, assign, logger } = this.options
    const before = this.dealt.get(uid) ?? []
    const ids = new Set(before.map(({ id }) => id))
    const away = (restored[uid] ?? []).filter(({ id }) => !ids.has(id))
    const added = splitsOf(found, [...before, ...away]).filter(({ id }) => !ids.has(id))
    if (added.length === 0) return
    this.dealt.set(uid, [...before, ...added])
    const { stage, parallelism } = sources.get(uid)!
    const perSubtask = Map.groupBy(added, ({ index }) => index % parallelism)
    for (const [subtask, splits] of perSubtask) assign({ stage, subtask }, splits)
    logger.info({ event: 'splits-found', uid, splits: added.map(({ id }) => id) }, `${uid}: ${added.length} new splits`)
  }
}
