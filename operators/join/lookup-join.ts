/** Join each row with what somebody else has for its key. */

import type { Key } from '../../topology/element.ts'
import { isSluiceError } from '../../topology/errors.ts'
import { toKey } from '../../topology/key.ts'
import type { AnyStream, ElementOf, Transform } from '../../topology/stream.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import { type AsyncMapOptions, type AsyncOutputs, asyncMap } from '../async/async-map.ts'
import { type CachedOptions, cached } from '../async/policies/cached.ts'
import type { Policy } from '../async/policies/policy.ts'
import { withPolicies } from '../async/policies/with-policies.ts'
import type { AsyncCall } from '../async/request.ts'
import { flatMap } from '../flat-map.ts'
import { checkedRow } from '../process/checked-results.ts'

export interface LookupJoinOptions<T, K extends Key, V, J extends 'inner' | 'left', O> extends AsyncMapOptions {
  /** The key that a row is looked up by. */
  readonly by: (row: T) => K
  /** Asks for the other row; undefined or null where there is none. */
  readonly load: (key: K, call: AsyncCall) => PromiseLike<V | null | undefined>
  /**
   * How many answers are kept, those without a row too, and for how long.
   *
   * @default none: every row asks
   */
  readonly cache?: Pick<CachedOptions<K>, 'capacity' | 'ttl'>
  /** Whether a row without another goes out: with `left` it does. @default inner */
  readonly type?: J
  /** The row that goes out. */
  readonly select: (row: T, found: J extends 'left' ? V | null : V) => O
}

/**
 * Joins each row with the one that `load` has for its key: a table outside of the job, such as a service or a database.
 *
 * The other row is that of the moment of asking, so results depend on when that is; a table that is a stream itself is joined
 * by `temporalJoin`, which does not. Calls are made as by `asyncMap`, whose options these are too: bounded, many at a time,
 * asked again after a restore. Rows keep their event times and, if `ordered`, their order; a keyed stream is keyed no more.
 * Split state: the rows that wait for an answer. The cache is none, and one for each subtask: key the stream by what is
 * looked up, and each key is asked for in one place.
 *
 * Guarantee: each row has one result at most, and may be asked for again after a crash.
 *
 * @throws {TopologyError} `ASYNC_OPTION`.
 * @throws {OperatorError} as `asyncMap`; naming the function and the row, when `by` throws or gives no key, or `select`
 * throws or returns no row.
 * @example
 * shipments.pipe(
 *   lookupJoin({
 *     by: ({ order_id }) => order_id,
 *     load: (id) => fetchUser(id),
 *     cache: { capacity: 10_000, ttl: minutes(5) },
 *     type: 'left',
 *     select: ({ order_id }, user) => ({ order_id, name: user?.name ?? null }),
 *   }),
 * )
 */
export function lookupJoin<
  S extends AnyStream,
  K extends Key,
  V,
  O,
  const J extends 'inner' | 'left' = 'inner',
  const A extends AsyncMapOptions = AsyncMapOptions,
>(options: LookupJoinOptions<ElementOf<S>, K, V, J, O> & A): Transform<S, AsyncOutputs<ElementOf<S>, O, A>> {
  const { by, load, cache, type, select, name = 'lookupJoin', ...rest } = options
  const policies: Policy<any, any>[] = cache === undefined ? [] : [cached<K>({ by: (key) => key, ...cache })]
  const ask = withPolicies(load, ...policies, pairing(name, by))
  const join = flatMap<AnyStream, O>((({ row, found }: Pair) => {
    if ((found === undefined || found === null) && type !== 'left') return []
    try {
      return [checkedRow(select(row, found ?? (null as never)))]
    } catch (error) {
      throw userFunctionError(name, 'select', row, error)
    }
  }) as (pair: any) => O[])
  return (input) => {
    const asked = asyncMap<AnyStream, Pair>(ask as never, { ...rest, name } as AsyncMapOptions)(input) as any
    return 'out' in asked ? Object.freeze({ ...asked, out: join(asked.out) }) : (join(asked) as any)
  }
}

interface Pair {
  readonly row: any
  readonly found: any
}

/** The row beside its answer: the answer alone is what a cache keeps. */
function pairing(uid: string, by: (row: any) => Key): Policy<any, any> {
  const keyOf = (row: unknown): Key => {
    try {
      return toKey(by(row))
    } catch (error) {
      // One of ours would pass as it is, and name nobody.
      throw userFunctionError(
        uid,
        'by',
        row,
        isSluiceError(error, 'KEY_INVALID') ? new TypeError(error.message) : error,
      )
    }
  }
  return {
    name: 'pairing',
    apply: (fn) => async (row, call) => ({ row, found: await fn(keyOf(row) as any, call) }),
  }
}
