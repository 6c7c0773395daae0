/** Types of asyncMap, its policies, and of what makes watermarks: checked by tsc, never run. */
import { z } from 'zod'
import {
  asyncMap,
  cached,
  eventTime,
  type FailedCall,
  fallback,
  map,
  monotonous,
  processingTime,
  punctuated,
  rateLimit,
  recordTimestamp,
  retry,
  timeLimit,
  withPolicies,
} from '../../operators/index.ts'
import { minutes, seconds } from '../../topology/duration.ts'
import { type Row, timestamptz } from '../../topology/schema/index.ts'
import type { Stream } from '../../topology/stream.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: z.string(), user: z.string(), at: timestamptz(), closes: z.boolean(), upToMs: z.number() })
type Order = Row<typeof Order>

/** Exactly the same type, in both directions. */
declare function same<A>(): <B>(value: Stream<B>, ...mismatch: Equal<A, B> extends true ? [] : [never]) => void
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false

declare function fetchName(user: string, call: { readonly signal: AbortSignal }): Promise<string>
declare function score(order: Order): Promise<{ id: string; score: number }>

topology('async-types', ({ from }) => {
  const orders = from(topic('orders', Order))

  // --- asyncMap
  same<{ id: string; score: number }>()(orders.pipe(asyncMap(score)))
  same<{ id: string; name: string }>()(
    orders.pipe(
      asyncMap(async (order, { signal }) => ({ id: order.id, name: await fetchName(order.user, { signal }) }), {
        ordered: false,
        capacity: 10,
        timeout: seconds(5),
        name: 'names',
      }),
      map((row) => row),
    ),
  )
  const { out, failed } = orders.pipe(asyncMap(score, { onError: 'divert', name: 'diverting' }))
  same<{ id: string; score: number }>()(out)
  same<FailedCall<Order>>()(failed)
  const timeouts = orders.pipe(asyncMap(score, { onTimeout: 'divert', name: 'late' }))
  same<FailedCall<Order>>()(timeouts.failed)
  // @ts-expect-error nothing is diverted
  void orders.pipe(asyncMap(score, { onError: 'fail', name: 'failing' })).failed
  // @ts-expect-error no promise
  orders.pipe(asyncMap((order) => order.id))
  // @ts-expect-error unknown field
  orders.pipe(asyncMap(async (order) => order.nope))
  // @ts-expect-error a duration says its unit
  orders.pipe(asyncMap(score, { timeout: 5_000 }))

  // --- policies
  const name = withPolicies(
    fetchName,
    timeLimit(seconds(1)),
    retry({ attempts: 3 }),
    rateLimit({ perSecond: 100 }),
    cached({ by: (user: string) => user, capacity: 100 }),
    fallback(null),
  )
  const given: Promise<string | null> = name('user')
  // @ts-expect-error the fallback is null
  const lost: Promise<string> = name('user')
  void [given, lost]
  // @ts-expect-error another input
  void name(5)
  same<{ id: string; score: number } | { score: null }>()(
    orders.pipe(asyncMap(withPolicies(score, retry({ attempts: 2 }), fallback({ score: null })))),
  )
  // @ts-expect-error the policy is for another input
  withPolicies(fetchName, cached({ by: (order: Order) => order.id, capacity: 1 }))
  // @ts-expect-error an object is no key
  cached({ by: (order: Order) => order, capacity: 1 })

  // --- event time
  same<Order>()(orders.pipe(eventTime('at', monotonous({ idleAfter: minutes(1), name: 'a' }))))
  same<Order>()(
    orders.pipe(
      eventTime(
        'at',
        punctuated((order) => (order.closes ? order.upToMs : undefined)),
      ),
    ),
  )
  same<Order>()(orders.pipe(eventTime(recordTimestamp, { outOfOrderness: seconds(0), name: 'b' })))
  same<Order>()(orders.pipe(processingTime()))
  // @ts-expect-error no milliseconds
  punctuated((order: Order) => order.id)
  // @ts-expect-error neither out-of-orderness nor punctuation
  orders.pipe(eventTime('at', {}))
})
