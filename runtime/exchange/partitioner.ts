/** Which subtask takes which rows of a batch. */
import type { Batch } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { ExchangeEdge } from '../../topology/plan/plan.ts'
import { pickRows } from '../../topology/selection.ts'
import { subtaskOf } from '../state/key-group-range.ts'
import type { ChannelWriter } from './channel.ts'

/** Sends a batch into the channels it belongs to. */
export type Partitioner = (batch: Batch) => void

/** @param writers by subtask of the reading stage; of a forward edge, the one of the same subtask. */
export function createPartitioner(
  edge: ExchangeEdge,
  writers: readonly ChannelWriter[],
  keyGroups: number,
  subtask: number,
): Partitioner {
  if (writers.length === 1) return (batch) => writers[0]!.send(batch)
  switch (edge.partitioning) {
    case 'hash':
      return hashPartitioner(edge, writers, keyGroups)
    case 'rebalance': {
      // Subtasks begin with different ones, so that the first is not everybody's.
      let next = subtask % writers.length
      return (batch) => {
        writers[next]!.send(batch)
        next = (next + 1) % writers.length
      }
    }
    case 'broadcast':
      return (batch) => {
        for (const writer of writers) writer.send(batch)
      }
    case 'single':
    case 'forward':
      return (batch) => writers[0]!.send(batch)
  }
}

/** By key group: rows of one key meet in one subtask, in the order they were sent. */
function hashPartitioner(edge: ExchangeEdge, writers: readonly ChannelWriter[], keyGroups: number): Partitioner {
  const subtasks = writers.length
  const target = Uint16Array.from({ length: keyGroups }, (_, keyGroup) => subtaskOf(keyGroup, subtasks, keyGroups))
  const counts = new Uint32Array(subtasks)
  return (batch) => {
    const groups = batch.keyGroups
    if (groups === undefined) {
      throw new OperatorError(`${edge.from.id} sent a batch without keys over a hash edge`, {
        details: { uid: edge.from.id },
      })
    }
    counts.fill(0)
    for (let row = 0; row < groups.length; row++) counts[target[groups[row]!]!]!++
    for (let subtask = 0; subtask < subtasks; subtask++) {
      const count = counts[subtask]!
      if (count === 0) continue
      const picked = new Uint32Array(count)
      for (let row = 0, at = 0; at < count; row++) if (target[groups[row]!] === subtask) picked[at++] = row
      writers[subtask]!.send(pickRows(batch, picked))
    }
  }
}
