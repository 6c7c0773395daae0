/** What the writers of a stage have made durable and nobody has committed yet. */
import type { Committable, SinkWriter } from '../../topology/contract/sink.ts'
import type { IntervalOutput } from '../../topology/contract/stage.ts'

interface Interval {
  readonly checkpointId: bigint
  /** By sink uid. */
  readonly prepared: readonly (readonly [uid: string, committables: Promise<readonly Committable[]>])[]
}

/** Keeps the output of an interval until its checkpoint, or a later one, is complete: an aborted one passes it on. */
export class OutputLedger {
  private intervals: Interval[] = []

  /** The barrier: synchronous, as the writers' cut is. */
  cut(checkpointId: bigint, writers: ReadonlyMap<string, SinkWriter>): void {
    const prepared = [...writers].map(([uid, writer]) => {
      const committables = writer.prepareCommit(checkpointId)
      // Whoever asks for the interval meets the failure; until then it must not end the process.
      committables.catch(() => {})
      return [uid, committables] as const
    })
    this.intervals.push({ checkpointId, prepared })
  }

  /** All that is owed up to a barrier, once it is durable. */
  async upTo(checkpointId: bigint): Promise<readonly IntervalOutput[]> {
    const output: IntervalOutput[] = []
    for (const interval of this.intervals.filter((each) => each.checkpointId <= checkpointId)) {
      for (const [uid, committables] of interval.prepared) {
        output.push({ uid, checkpointId: interval.checkpointId, committables: await committables })
      }
    }
    return output
  }

  complete(checkpointId: bigint): void {
    this.intervals = this.intervals.filter((interval) => interval.checkpointId > checkpointId)
  }
}
