/** Gathers the records of a batch by key and pane, and sends what it has gathered in place of them. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { Batch, type Key } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { compositeKey, describeKey, toKey } from '../../topology/key.ts'
import type { Aggregates } from '../aggregate/combine.ts'
import { accumulatorsOf } from './accumulators.ts'
import type { PaneGrid } from './pane-grid.ts'
import type { TimeWindow } from './time-window.ts'
import { NO_KEY } from './window-mechanism.ts'

/** What the records of one key and pane in one batch come to. */
export interface Part {
  readonly key: Key
  readonly pane: TimeWindow
  /** The accumulators, in the order of the aggregates. Whoever receives them leaves them as they are. */
  readonly gathered: unknown[]
}

export interface PartialsPlan {
  /** The fields of the key, or the function that makes it; undefined where there is none. */
  readonly keyOf: readonly string[] | ((row: any) => unknown) | undefined
  readonly grid: PaneGrid
  readonly aggregates: Aggregates
}

export function createPartials(context: OperatorContext, { keyOf, grid, aggregates }: PartialsPlan): Operator {
  const accumulators = accumulatorsOf(context.uid, aggregates)
  const keyOfRow = keyFunction(keyOf)

  function keyAt(row: unknown): Key {
    try {
      return keyOfRow(row)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new OperatorError(`${context.uid}: a record has no usable key: ${message}`, {
        cause,
        fix: 'Filter such records out, or key by something every record has.',
        details: { uid: context.uid, function: describeKey(keyOf), value: describeValue(row) },
      })
    }
  }

  function paneOf(index: number): TimeWindow {
    const span = { startMs: grid.startMs(index), endMs: grid.startMs(index + 1) }
    return grid.utcOffsetMs === undefined ? span : { ...span, utcOffsetMs: grid.utcOffsetMs(span.startMs) }
  }

  return {
    onBatch({ values: rows, timestampsMs, origin }: Batch) {
      if (timestampsMs === undefined) {
        throw new OperatorError(`${context.uid} got a batch without event times`, { details: { uid: context.uid } })
      }
      const partials: Part[] = []
      const timesMs: number[] = []
      // Most batches lie in one pane or two.
      const panes = new Map<number, Map<Key, number>>()
      for (let i = 0; i < rows.length; i++) {
        const index = grid.indexOf(timestampsMs[i]!)
        let places = panes.get(index)
        if (places === undefined) {
          places = new Map()
          panes.set(index, places)
        }
        const key = keyAt(rows[i])
        let place = places.get(key)
        if (place === undefined) {
          place = partials.length
          places.set(key, place)
          partials.push({ key, pane: paneOf(index), gathered: accumulators.create() })
          timesMs.push(timestampsMs[i]!)
        }
        accumulators.add(partials[place]!.gathered, i, i + 1, rows, timestampsMs)
        timesMs[place] = Math.max(timesMs[place]!, timestampsMs[i]!)
      }
      context.emit('out', new Batch(partials, { timestampsMs: Float64Array.from(timesMs), origin }))
    },
  }
}

function keyFunction(keyOf: PartialsPlan['keyOf']): (row: any) => Key {
  if (keyOf === undefined) return () => NO_KEY
  if (typeof keyOf === 'function') return (row) => toKey(keyOf(row))
  const [field] = keyOf
  if (keyOf.length === 1) return (row) => toKey(row[field!])
  return (row) => compositeKey(keyOf.map((name) => row[name]))
}
