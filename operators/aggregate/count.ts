/** Counting records. */
import { varint } from '../../topology/codec/index.ts'
import { inputOf, type NeverNullAggregate } from './aggregate.ts'

/**
 * How many records the window has; of a field, how many in which it is not null. A long, never null.
 *
 * @example aggregate({ transactions: count() })
 */
export function count(): NeverNullAggregate<unknown, bigint>
export function count<T, F extends keyof T & string>(field: F): NeverNullAggregate<T, bigint>
export function count(field?: string): NeverNullAggregate<any, bigint, number> {
  const { description, reads, isCounted } = field === undefined ? EVERY_RECORD : recordsWith(field)
  return {
    description: `count(${description})`,
    reads,
    neverNull: true,
    codec: varint,
    create: () => 0,
    add: (counted, row) => (isCounted(row) ? counted + 1 : counted),
    merge: (into, from) => into + from,
    result: (counted) => BigInt(counted),
  }
}

const EVERY_RECORD = { description: '', reads: [], isCounted: () => true }

function recordsWith(field: string) {
  const { description, reads, read } = inputOf(field, undefined)
  const isCounted = (row: unknown) => {
    const value = read(row)
    return value !== null && value !== undefined
  }
  return { description, reads, isCounted }
}
