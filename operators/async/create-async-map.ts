/** The behaviour of `asyncMap`. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { type Batch, type Idle, MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { describeResult, isPromise, userFunctionError } from '../../topology/user-function.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'
import { FAILED, type FailedCall } from './failed-call.ts'
import type { AsyncFunction } from './policies/policy.ts'
import { type Answer, type Request, requestsOf } from './request.ts'
import { isRequest, OrderedQueue, type RequestQueue, UnorderedQueue } from './request-queue.ts'
import { requestEntries, restoredRequests } from './request-state.ts'
import { ResultBatches } from './result-batches.ts'

export interface AsyncMapPlan {
  /** Makes the function of one subtask: its policies keep state. */
  readonly open: (context: OperatorContext) => AsyncFunction<any, unknown>
  /** What errors call the function. */
  readonly what: string
  readonly capacity: number
  readonly ordered: boolean
  readonly timeoutMs: number
  readonly divertsErrors: boolean
  readonly divertsTimeouts: boolean
}

/**
 * A request is in one of three states: not asked yet, since others fill the capacity; asked; answered, but not its turn to
 * go out. A checkpoint holds the record of all of them. Promises leave their answer and call `wake`.
 */
export function createAsyncMap(context: OperatorContext, plan: AsyncMapPlan): Operator {
  const { uid } = context
  const { what, capacity, timeoutMs } = plan
  const ask = plan.open(context)
  const queue: RequestQueue = plan.ordered ? new OrderedQueue() : new UnorderedQueue()
  const unasked: Request[] = []
  /** In the order of their deadlines. */
  const asked = new Set<Request>()
  /** Asked, and not gone out. */
  let inFlight = 0
  let failure: unknown
  let isClosed = false
  /** Resolves once there is room for a further batch. */
  let room: PromiseWithResolvers<void> | undefined
  /** Resolves once everything has gone out, for the end to follow. */
  let rest: PromiseWithResolvers<void> | undefined
  const results = new ResultBatches((batch) => context.emit('out', batch))
  const failed = new ResultBatches((batch) => context.emit(FAILED, batch))
  const inFlightGauge = context.metrics.gauge('async_requests_in_flight')
  const failures = {
    error: context.metrics.counter('async_failures_total', { reason: 'error' }),
    timeout: context.metrics.counter('async_failures_total', { reason: 'timeout' }),
  }

  const state = context.state.split('requests')
  let watermarkMs = restoredTime(context, state.restored, 'watermark', 'least')
  state.onSnapshot(() => {
    const times = timeEntries(context, { watermark: watermarkMs })
    return new Map([...times, ...requestEntries(context, queue.requests())])
  })
  addRequests(restoredRequests(context, state.restored))
  if (watermarkMs > MIN_WATERMARK_MS) queue.add({ kind: 'watermark', timestampMs: watermarkMs })
  if (!queue.isEmpty) context.wake()

  function addRequests(requests: readonly Request[]): void {
    for (const request of requests) {
      queue.add(request)
      unasked.push(request)
    }
  }

  function askThoseThereIsRoomFor(): void {
    while (inFlight < capacity && unasked.length > 0) {
      const request = unasked.shift()!
      inFlight++
      asked.add(request)
      request.deadlineMs = context.clock.nowMs() + timeoutMs
      call(request)
    }
    const next = first(asked)
    if (next !== undefined && timeoutMs < Number.POSITIVE_INFINITY) context.wake(next.deadlineMs)
    inFlightGauge.set(inFlight)
    if (unasked.length > 0 && room === undefined) {
      room = Promise.withResolvers()
      context.hold(room.promise)
    } else if (unasked.length === 0) {
      room?.resolve()
      room = undefined
    }
  }

  function call(request: Request): void {
    let promise: PromiseLike<unknown>
    try {
      promise = ask(request.record, request)
    } catch (error) {
      settle(request, { type: 'error', error })
      return
    }
    if (!isPromise(promise)) throw badAnswer(request, `it must return a promise, not ${describeResult(promise)}`)
    promise.then(
      (row) => {
        if (row === undefined || row === null) fail(badAnswer(request, `its promise must give a record, not ${row}`))
        else settle(request, { type: 'result', row })
      },
      (error) => settle(request, { type: 'error', error }),
    )
  }

  function settle(request: Request, answer: Answer): void {
    if (request.answer !== undefined || isClosed) return
    request.answer = answer
    asked.delete(request)
    queue.answered(request)
    if (answer.type === 'error' && !plan.divertsErrors) fail(located(request, answer.error))
    else context.wake()
  }

  function fail(error: unknown): void {
    if (isClosed) return
    failure ??= error
    context.wake()
  }

  function expire(nowMs: number): void {
    for (const request of asked) {
      if (request.deadlineMs > nowMs) return
      settle(request, { type: 'timeout' })
      const reason = new DOMException(`there was no answer within ${timeoutMs} ms`, 'TimeoutError')
      request.abort(reason)
      if (!plan.divertsTimeouts) fail(located(request, reason))
    }
  }

  function sendAnswered(): void {
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      if (isRequest(next)) {
        inFlight--
        send(next, next.answer!)
        continue
      }
      flush()
      if (next.kind === 'watermark') context.emitWatermark(next)
      else context.emitIdle(next)
    }
    flush()
    if (!queue.isEmpty) return
    rest?.resolve()
  }

  function send({ record, place }: Request, answer: Answer): void {
    if (answer.type === 'result') {
      results.add(answer.row, place)
      return
    }
    failures[answer.type].add(1)
    const error = answer.type === 'error' ? messageOf(answer.error) : `there was no answer within ${timeoutMs} ms`
    failed.add({ record, reason: answer.type, error } satisfies FailedCall<unknown>, place)
  }

  function flush(): void {
    results.flush()
    failed.flush()
  }

  function badAnswer(request: Request, message: string): Error {
    return located(request, new TypeError(message))
  }

  /** The place of the record goes with the error: it may be no longer at hand when its answer comes. */
  function located({ record, place: { origin } }: Request, cause: unknown): Error {
    const error = userFunctionError(uid, what, record, cause)
    if (origin === undefined) return error
    return new OperatorError(error.message, {
      cause,
      details: { uid, function: what, value: describeValue(record), origin },
    })
  }

  function passOrQueue<C extends Watermark | Idle>(control: C): C | undefined {
    if (queue.isEmpty) return control
    queue.add(control)
    return undefined
  }

  return {
    onBatch(batch: Batch) {
      addRequests(requestsOf(batch))
      askThoseThereIsRoomFor()
    },

    onWatermark(watermark: Watermark) {
      const { split, timestampMs } = watermark
      // It announces a split, which has to be known before the first record of any.
      if (timestampMs === MIN_WATERMARK_MS) return watermark
      if (split === undefined && Number.isFinite(timestampMs)) watermarkMs = Math.max(watermarkMs, timestampMs)
      return passOrQueue(watermark)
    },

    onIdle: passOrQueue,

    onEnd() {
      if (queue.isEmpty) return undefined
      rest = Promise.withResolvers()
      return rest.promise
    },

    onWake(nowMs: number) {
      expire(nowMs)
      if (failure !== undefined) throw failure
      sendAnswered()
      askThoseThereIsRoomFor()
    },

    close() {
      isClosed = true
      const reason = new DOMException('the attempt of the job has ended', 'AbortError')
      for (const request of asked) request.abort(reason)
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item
  return undefined
}
