/** Gathers values by hand, and holds each aggregate to what merging and snapshots promise while it does. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Aggregate, ResultOf } from '../../../operators/aggregate/aggregate.ts'
import { BufferReader, BufferWriter } from '../../../topology/codec/index.ts'
import { runs } from '../../support/scale.ts'

export const WINDOW = { startMs: 86_400_000, endMs: 2 * 86_400_000 }

/** The result over values of a field `v`: of one accumulator, and the same of two halves that are merged. */
export function over<R>(aggregate: Aggregate<any, R>, values: readonly unknown[]): R {
  const half = Math.floor(values.length / 2)
  const [before, after] = [values.slice(0, half), values.slice(half)]
  const first = throughBytes(aggregate, gather(aggregate, aggregate.create(), before))
  const second = gather(aggregate, aggregate.create(), after, half)
  const kept = bytesOf(aggregate, second)
  const merged = aggregate.merge(aggregate.codec.copy(first), second)
  const whole = gather(aggregate, first, after, half)
  expect(aggregate.result(merged, WINDOW)).toEqual(aggregate.result(whole, WINDOW))
  // What was merged shares nothing with what it was merged from.
  gather(aggregate, merged, values)
  expect(bytesOf(aggregate, second)).toEqual(kept)
  return aggregate.result(whole, WINDOW)
}

/** Adds values of a field `v`; their event times count on from `fromMs`. */
export function gather<A>(aggregate: Aggregate<any, unknown, A>, into: A, values: readonly unknown[], fromMs = 0): A {
  let accumulator = into
  for (const [index, v] of values.entries()) accumulator = aggregate.add(accumulator, { v }, fromMs + index)
  return accumulator
}

/** The accumulator as a checkpoint would bring it back. */
export function throughBytes<A>(aggregate: Aggregate<any, unknown, A>, accumulator: A): A {
  return aggregate.codec.copy(aggregate.codec.read(new BufferReader(bytesOf(aggregate, accumulator))))
}

export function bytesOf<A>({ codec }: Aggregate<any, unknown, A>, accumulator: A): Uint8Array {
  const writer = new BufferWriter()
  codec.write(writer, accumulator)
  return writer.take()
}

export interface Record<V> {
  readonly v: V
  readonly timestampMs: number
}

/**
 * Random records, cut into parts, each gathered by itself and some of them taken through bytes; the parts then merged:
 * against what `oracle` says of all of them. `same` compares the two; left out, they must be equal.
 */
export function propertyOf<V, G extends Aggregate<any, any>>(
  aggregate: G,
  values: fc.Arbitrary<V>,
  oracle: (records: readonly Record<V>[]) => unknown,
  same: (actual: ResultOf<G>, expected: any, records: readonly Record<V>[]) => void = (actual, expected) =>
    expect(actual).toEqual(expected),
): void {
  const record = fc.record({ v: values, timestampMs: fc.nat(50) })
  const part = fc.record({ records: fc.array(record, { maxLength: 20 }), isStored: fc.boolean() })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      let merged: unknown
      for (const { records, isStored } of parts) {
        let accumulator = aggregate.create()
        for (const { v, timestampMs } of records) accumulator = aggregate.add(accumulator, { v }, timestampMs)
        const bytes = bytesOf(aggregate, accumulator)
        if (isStored) accumulator = throughBytes(aggregate, accumulator)
        merged = merged === undefined ? accumulator : aggregate.merge(merged, accumulator)
        if (merged !== accumulator) expect(bytesOf(aggregate, accumulator)).toEqual(bytes)
      }
      const all = parts.flatMap(({ records }) => records)
      same(aggregate.result(merged, WINDOW), oracle(all), all)
    }),
    runs(10_000),
  )
}
