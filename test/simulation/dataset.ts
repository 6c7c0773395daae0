/** What a simulated job reads, and the tables that it writes. */
import type { Field } from '../../topology/schema/types.ts'
import type { TableReference } from '../../topology/table.ts'
import type { World } from './world.ts'

export interface Event {
  readonly id: number
  readonly key: string
  readonly amount: number
  /** Microseconds. */
  readonly at: bigint
  /** Long in some simulations, so that channels run out of credit. */
  readonly note: string
}

export const WINDOW_MS = 2_000
/** How much older than the newest record before it in its split a record is at most. */
export const OUT_OF_ORDERNESS_MS = 1_500
/** From one event to the next in event time. */
const EVENT_EVERY_MS = 100
/** A record that is sent again comes within so many records. */
const AGAIN_WITHIN = 8
const NOTE_LENGTH = 150_000

export interface Dataset {
  /** In the order in which they are read; some more than once. */
  readonly splits: readonly (readonly Event[])[]
  /** From one record of a split to the next, in virtual time. */
  readonly paceMs: readonly number[]
}

export type TableName = 'raw' | 'gold' | 'late'

/** @param lastsMs until the last record can be read */
export function drawDataset(world: World, lastsMs: number): Dataset {
  const splits: Event[][] = Array.from({ length: world.integer(1, 5) }, () => [])
  const keys = world.integer(1, 8)
  const again = world.chance(0.5) ? 0 : 0.2
  const repeats: { readonly event: Event; left: number }[] = []
  const events = world.integer(20, 150)
  const note = world.chance(0.03) ? 'x'.repeat(NOTE_LENGTH) : ''
  for (let id = 0; id < events; id++) {
    const event: Event = {
      id,
      key: `key ${world.integer(1, keys)}`,
      amount: world.integer(-5, 100),
      at: BigInt(id * EVENT_EVERY_MS + world.integer(0, OUT_OF_ORDERNESS_MS / 2)) * 1_000n,
      note,
    }
    world.pick(splits).push(event)
    if (world.chance(again)) repeats.push({ event, left: world.integer(1, AGAIN_WITHIN - 1) })
    for (const repeat of repeats) if (repeat.left-- === 0) world.pick(splits).push(repeat.event)
  }
  const paceMs = splits.map((split) => (world.chance(0.2) ? 0 : lastsMs / (split.length + 1)))
  return { splits, paceMs }
}

const column = (id: number, name: string, kind: 'int' | 'long' | 'string'): Field => ({
  id,
  name,
  required: true,
  type: { kind } as Field['type'],
})

const table = (name: TableName, fields: readonly Field[]): TableReference => ({
  name,
  fields,
  partitionBy: [],
  properties: {},
})

const EVENT_FIELDS = [
  column(1, 'id', 'int'),
  column(2, 'key', 'string'),
  column(3, 'amount', 'int'),
  column(4, 'at', 'long'),
  column(5, 'note', 'string'),
]

export const TABLES: readonly TableReference[] = [
  table('raw', EVENT_FIELDS),
  table('gold', [
    column(1, 'key', 'string'),
    column(2, 'start', 'long'),
    column(3, 'amount', 'int'),
    column(4, 'events', 'long'),
  ]),
  table('late', EVENT_FIELDS),
]
