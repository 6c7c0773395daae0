/** A two-phase sink into an array: what tests and benches read results from. */
import type { CommitRequest, Committable, FenceRequest, Sink } from '../../topology/contract/sink.ts'
import type { Batch } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { CustomSink } from '../../topology/to.ts'

export interface MemorySink<T> extends CustomSink<T> {
  /** What has been committed, in order of commits. Outlives the attempts that wrote it. */
  readonly committed: readonly T[]
}

/**
 * Collects rows; they appear in `committed` once the checkpoint that holds them is complete. Exactly once across
 * attempts of one process: a checkpoint is applied once, and an older epoch is refused.
 *
 * @example const results = memorySink<{ user: string; cents: bigint }>('results')
 */
export function memorySink<T>(name: string): MemorySink<T> {
  const committed: T[] = []
  const prepared = new Map<string, readonly T[]>()
  const applied = new Set<string>()
  let epoch = 0n
  let nextPrepared = 0

  const takeOver = (next: bigint) => {
    if (next < epoch) throw new SluiceError('FENCED', `sink ${name} has been taken over by epoch ${epoch}`)
    epoch = next
  }
  const apply = (request: CommitRequest) => {
    takeOver(request.epoch)
    const id = `${request.checkpointEpoch}/${request.checkpointId}`
    if (applied.has(id)) return
    applied.add(id)
    for (const committable of request.committables) {
      // One by one: arguments of a call go onto the stack.
      for (const row of prepared.get(committable as string)!) committed.push(row)
    }
  }

  const create = (): Sink => ({
    async createWriter() {
      let rows: T[] = []
      return {
        write(batch: Batch<T>) {
          for (const row of batch.values) rows.push(row)
        },
        async prepareCommit(): Promise<readonly Committable[]> {
          if (rows.length === 0) return []
          const id = String(nextPrepared++)
          prepared.set(id, rows)
          rows = []
          return [id]
        },
        async close() {},
      }
    },
    async createCommitter() {
      return {
        async fence({ epoch: next, restored }: FenceRequest) {
          takeOver(next)
          if (restored !== undefined) apply({ ...restored, epoch: next })
        },
        commit: async (request: CommitRequest) => apply(request),
        async close() {},
      }
    },
    async close() {},
  })
  return { name, create, committed }
}
