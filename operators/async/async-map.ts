/** Turn each record into another by asking somebody else. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { type DurationMs, seconds } from '../../topology/duration.ts'
import {
  type AnyStream,
  append,
  appendWithSides,
  type ElementOf,
  type Stream,
  type Transform,
} from '../../topology/stream.ts'
import { createAsyncMap } from './create-async-map.ts'
import { FAILED, type FailedCall } from './failed-call.ts'
import type { AsyncFunction } from './policies/policy.ts'
import { isCount, isPositive, requireOption } from './policies/require-option.ts'
import { openFunction } from './policies/with-policies.ts'
import type { AsyncCall } from './request.ts'
import { subtaskRandom } from './subtask-random.ts'

export interface AsyncMapOptions {
  /** How many requests a subtask has under way, those included whose answers wait for their turn. @default 100 */
  readonly capacity?: number
  /** Whether results keep the order of the records. If not, they come as they are ready, but never across a watermark. @default true */
  readonly ordered?: boolean
  /** How long an answer may take, by the clock, all that policies do included. @default 60 seconds */
  readonly timeout?: DurationMs
  /** A call that has failed fails the job, or its record goes to the side output `failed`. @default 'fail' */
  readonly onError?: 'fail' | 'divert'
  /** The same for a call that was not answered in time. @default as onError */
  readonly onTimeout?: 'fail' | 'divert'
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default asyncMap(…) with the function's name
   */
  readonly name?: string
}

/** A stream of results; where calls may be diverted, `failed` beside it. */
export type AsyncOutputs<T, R, O> = O extends { readonly onError: 'divert' } | { readonly onTimeout: 'divert' }
  ? { readonly out: Stream<R>; readonly failed: Stream<FailedCall<T>> }
  : Stream<R>

/**
 * Replaces each record by what the promise of `fn` gives for it, with many calls under way at a time.
 *
 * Calls are bounded by `capacity`; when it is full, no further records are taken in. Watermarks and barriers keep their place: no
 * result comes behind a watermark that its record came before. A call that takes longer than `timeout` is given up, and its
 * `signal` aborts. Event times pass unchanged; a keyed stream is keyed no more.
 *
 * Split state: the records whose results have not gone out, at most `capacity` and one batch. They are asked again after a
 * restore, so that the function is called at least once for each record, while each result goes out exactly once. A run
 * that stops without a drain leaves them there for the next. A barrier waits until all records of the batch at hand are
 * asked.
 *
 * How to try again, limit, remember and replace: {@link withPolicies}.
 *
 * Guarantee: each record has one result, or leaves by `failed`, and may be asked for again after a crash.
 *
 * @throws {TopologyError} `ASYNC_OPTION` when capacity or timeout make no sense.
 * @throws {OperatorError} naming operator, function and record, when the function fails, returns no promise, or its
 * promise gives no record.
 * @example orders.pipe(asyncMap(async ({ id, userId }) => ({ id, user: await fetchUser(userId) }), { capacity: 50 }))
 */
export function asyncMap<S extends AnyStream, R, const O extends AsyncMapOptions = AsyncMapOptions>(
  fn: (value: ElementOf<S>, call: AsyncCall) => PromiseLike<R>,
  options?: O,
): Transform<S, AsyncOutputs<ElementOf<S>, R, O>> {
  const { name, capacity = 100, ordered = true, timeout: timeoutMs = seconds(60) }: AsyncMapOptions = options ?? {}
  const { onError = 'fail', onTimeout = onError }: AsyncMapOptions = options ?? {}
  const uid = name ?? (fn.name === '' ? 'asyncMap' : `asyncMap(${fn.name})`)
  requireOption(isCount(capacity), uid, 'capacity', capacity, 'a whole number from 1')
  requireOption(isPositive(timeoutMs), uid, 'timeout', timeoutMs, 'a duration above 0')
  const divertsErrors = onError === 'divert'
  const divertsTimeouts = onTimeout === 'divert'
  const diverts = divertsErrors || divertsTimeouts
  const plan = { capacity, ordered, timeoutMs, divertsErrors, divertsTimeouts }
  const what = fn.name === '' ? 'the function of asyncMap' : `function ${fn.name}`
  const spec = {
    uid,
    kind: 'asyncMap',
    parameters: { capacity, ordered, timeoutMs, onError, onTimeout },
    behaviour: {
      type: 'operator',
      create: (context: OperatorContext) =>
        createAsyncMap(context, {
          ...plan,
          what,
          open: ({ clock }) => openFunction(fn as AsyncFunction<any, R>, { clock, random: subtaskRandom(context) }),
        }),
    },
    columns: { out: 'opaque' },
    time: 'ignores',
    stateful: true,
  } as const
  return (input) =>
    (diverts
      ? appendWithSides(input, { ...spec, sideOutputs: [FAILED], shouldConnect: [FAILED] })
      : append(input, spec)) as AsyncOutputs<ElementOf<S>, R, O>
}
