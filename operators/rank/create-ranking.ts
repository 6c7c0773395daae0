/** The behaviour of `topN` and `latest`: the first few records of each key in an order, and how they change. */
import { dynamic, list, tuple } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, RowKind } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Input } from '../aggregate/aggregate.ts'
import { comparableCodec, compare, type Known, ranked } from '../aggregate/min-max.ts'
import { RowOutput } from '../row-output.ts'

export interface Ranking {
  readonly n: number
  /** What the order goes by; the least, or the greatest, stands first. */
  readonly by: Input
  readonly order: 'ascending' | 'descending'
  /** Of equals, the one with the least value stands first. */
  readonly thenBy: Input | undefined
  /** Of those that are equal in that too, which arrival stands first. */
  readonly ties: 'first' | 'last'
  /** The column that the place goes into, from 1. */
  readonly rank: string | undefined
}

type Ranked = [by: Known, then: Known, row: unknown]

/** What a batch does to a key. */
interface Change {
  readonly before: readonly Ranked[]
  readonly after: Ranked[]
  /** The event times of what has come; some of it may have gone again. */
  readonly comeMs: Map<Ranked, number>
}

export function createRanking(context: OperatorContext, ranking: Ranking): Operator {
  const { by, thenBy, rank } = ranking
  const state = context.state.keyed<Ranked[]>({
    name: 'ranked',
    codec: list(tuple(comparableCodec, comparableCodec, dynamic)) as never,
  })
  const entries = context.metrics.gauge('state_entries', { state: 'ranked' })
  const output = new RowOutput(context)

  function begin(keyGroup: number, key: Key): Change {
    let after = state.update(0, keyGroup, key)
    if (after === undefined) {
      state.set(0, keyGroup, key, [])
      // What was set may be written before the batch is over; only what update hands out may change until then.
      after = state.update(0, keyGroup, key)!
    }
    return { before: after.slice(), after, comeMs: new Map() }
  }

  function rankOf(by: Input, row: unknown): Known | null {
    try {
      return ranked(by.read(row)) as Known | null
    } catch (error) {
      throw userFunctionError(context.uid, by.description, row, error)
    }
  }

  function rowAt([, , row]: Ranked, place: number): unknown {
    return rank === undefined ? row : { ...(row as object), [rank]: place + 1 }
  }

  /** With ranks a place changes what it holds; without them, a record goes and another comes. */
  function write(change: Change): void {
    const { before, after } = change
    const timestampMs = timeOf(change)
    const gone = rank === undefined ? before.filter((each) => !after.includes(each)) : before
    const come = rank === undefined ? after.filter((each) => !before.includes(each)) : after
    for (let place = 0; place < Math.max(gone.length, come.length); place++) {
      const [was, is] = [gone[place], come[place]]
      if (was === is) continue
      if (was === undefined) output.push(rowAt(is!, place), timestampMs, RowKind.insert)
      else if (is === undefined) output.push(rowAt(was, place), timestampMs, RowKind.delete)
      else {
        output.push(rowAt(was, place), timestampMs, RowKind.updateBefore)
        output.push(rowAt(is, place), timestampMs, RowKind.updateAfter)
      }
    }
  }

  return {
    onBatch(batch: Batch) {
      const { values: rows, timestampsMs, keys, keyGroups } = batch
      if (keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without keys`, { details: { uid: context.uid } })
      }
      const changes = new Map<Key, Change>()
      for (let i = 0; i < rows.length; i++) {
        const value = rankOf(by, rows[i])
        const then = thenBy === undefined ? 0 : rankOf(thenBy, rows[i])
        if (value === null || then === null) continue
        let change = changes.get(keys[i]!)
        if (change === undefined) {
          change = begin(keyGroups[i]!, keys[i]!)
          changes.set(keys[i]!, change)
        }
        const entry: Ranked = [value, then, rows[i]]
        try {
          if (!insert(change.after, entry, ranking)) continue
        } catch (error) {
          throw userFunctionError(context.uid, by.description, rows[i], error)
        }
        if (timestampsMs !== undefined) change.comeMs.set(entry, timestampsMs[i]!)
      }
      for (const change of changes.values()) write(change)
      output.flush()
      entries.set(state.size)
    },
  }
}

/** @returns whether it is among the first n */
function insert(best: Ranked[], entry: Ranked, { n, order, ties }: Ranking): boolean {
  const sign = order === 'ascending' ? 1 : -1
  let place = best.length
  while (place > 0) {
    const other = best[place - 1]!
    const compared = sign * compare(entry[0], other[0]) || compare(entry[1], other[1])
    if (compared > 0 || (compared === 0 && ties === 'first')) break
    place--
  }
  if (place >= n) return false
  best.splice(place, 0, entry)
  if (best.length > n) best.pop()
  return true
}

/** The greatest event time of what has come and not gone again; undefined in a stream without event times. */
function timeOf({ after, comeMs }: Change): number | undefined {
  if (comeMs.size === 0) return undefined
  let timestampMs = Number.NEGATIVE_INFINITY
  for (const entry of after) timestampMs = Math.max(timestampMs, comeMs.get(entry) ?? timestampMs)
  return timestampMs
}
