/** A batch has rows, columns or both, each made when somebody asks. */
import { expect, it } from 'vitest'
import { Batch, type LazyRows } from '../../topology/element.ts'

interface Order {
  readonly id: string
  readonly cents: number
}

const ORDERS: readonly Order[] = [
  { id: 'a', cents: 1 },
  { id: 'b', cents: 2 },
]

it('reads columns from rows', () => {
  const batch = new Batch(ORDERS)
  expect(batch.length).toBe(2)
  expect(batch.column('id')).toEqual(['a', 'b'])
  expect(batch.column('id')).toBe(batch.column('id'))
})

it('makes rows once, when they are first asked for', () => {
  let made = 0
  const lazy: LazyRows<Order> = {
    length: 2,
    make() {
      made++
      return ORDERS
    },
  }
  const batch = new Batch<Order>(lazy)
  expect([batch.length, made]).toEqual([2, 0])
  expect(batch.column('cents')).toEqual([1, 2])
  expect(batch.values).toBe(ORDERS)
  expect(made).toBe(1)
})

it('takes columns from where rows would be made from', () => {
  const cents = Int32Array.of(1, 2)
  const lazy: LazyRows<Order> = {
    length: 2,
    make: () => ORDERS,
    column: (name) => (name === 'cents' ? cents : undefined),
  }
  const batch = new Batch<Order>(lazy)
  expect(batch.column('cents')).toBe(cents)
  expect(batch.column('id')).toEqual(['a', 'b'])
  expect(batch.column('cents')).toBe(cents)
})
