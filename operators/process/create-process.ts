/** The behaviour of `process` and its kin: functions that are called for a key. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, MAX_BATCH_ROWS, type Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { keyValues } from '../../topology/key.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import { RowOutput } from '../row-output.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'
import { checkedRow, refusePromise } from './checked-results.ts'
import { KeyScope } from './key-scope.ts'
import { type DueTimer, KeyTimers } from './key-timers.ts'
import type { ProcessContext, StateDeclarations, Timer, Timers } from './process-context.ts'
import { openStates } from './state/open-states.ts'
import { ttlTimes } from './ttl/ttl-times.ts'

type Context = ProcessContext<any, any, any, any>

/** How many expired entries of a state go after a batch or watermark: more than a batch has rows, so that none pile up. */
const EXPIRED_PER_TURN = 2 * MAX_BATCH_ROWS

export interface ProcessPlan {
  /** The fields that the stream is keyed by; undefined when it is by a function. */
  readonly keyFields: readonly string[] | undefined
  readonly state: StateDeclarations
  readonly sides: readonly string[]
  /** What is called with the records of each input, by its name for errors. */
  readonly onRecord: readonly (readonly [name: string, fn: (record: any, context: Context) => unknown])[]
  readonly onTimer: ((timer: Timer, context: Context) => unknown) | undefined
}

/** @param broadcast what the functions find as `broadcast` */
export function createProcess(context: OperatorContext, plan: ProcessPlan, broadcast = {}): Operator {
  const { keyFields, state, sides, onRecord, onTimer } = plan
  const functions = [...onRecord.map(([name]) => name), ...(onTimer === undefined ? [] : ['onTimer'])]
  const scope = new KeyScope(context.uid, functions)
  const out = new RowOutput(context)
  const outputs = new Map(sides.map((side) => [side, new RowOutput(context, side)]))

  const times = context.state.split('times')
  let watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
  times.onSnapshot(() => timeEntries(context, { watermark: watermarkMs }))

  const states = openStates(
    context,
    scope,
    state,
    ttlTimes(context.clock, scope, () => watermarkMs),
  )

  // Declared only where they are used, so that a process without timers keeps the state it had.
  const eventTimers = onTimer && new KeyTimers(context.state, 'timers/event')
  const processingTimers = onTimer && new KeyTimers(context.state, 'timers/processing')

  const processContext: Context & { readonly broadcast: object } = {
    broadcast,
    state: states.access,
    get key() {
      scope.check('the key is asked for')
      return keyValue(scope.key, keyFields)
    },
    get timestampMs() {
      return scope.timestampMs
    },
    get watermarkMs() {
      return watermarkMs
    },
    get processingTimeMs() {
      return context.clock.nowMs()
    },
    timers: timersOf(context, scope, eventTimers, processingTimers),
    emit(row: unknown) {
      scope.check('a row is emitted')
      out.push(checkedRow(row), scope.timestampMs)
    },
    emitTo(side: string, row: unknown) {
      scope.check('a row is emitted')
      const output = outputs.get(side)
      if (output === undefined) throw new TypeError(`there is no side output "${side}": name it in \`sides\``)
      output.push(checkedRow(row), scope.timestampMs)
    },
  }

  function call(name: string, fn: (arrived: any, context: Context) => unknown, arrived: unknown): void {
    try {
      refusePromise(fn(arrived, processContext))
    } catch (error) {
      throw userFunctionError(context.uid, name, arrived, error)
    } finally {
      scope.leave()
    }
  }

  /** @param atMs the event time of what goes out */
  function fire(timers: KeyTimers, domain: Timer['domain'], untilMs: number, atMs: (timer: DueTimer) => number): void {
    timers.fire(untilMs, (timer) => {
      const timestampMs = atMs(timer)
      scope.enter(timer.keyGroup, timer.key, Number.isFinite(timestampMs) ? timestampMs : undefined)
      call('onTimer', onTimer!, { timeMs: timer.atMs, domain })
    })
  }

  function fireEventTimers(untilMs: number): void {
    if (eventTimers !== undefined && eventTimers.nextMs <= untilMs) {
      fire(eventTimers, 'event', untilMs, ({ atMs }) => atMs)
    }
  }

  function finish(): void {
    out.flush()
    for (const output of outputs.values()) output.flush()
    states.tidy(EXPIRED_PER_TURN)
  }

  if (processingTimers !== undefined && processingTimers.size > 0) context.wake(processingTimers.nextMs)

  return {
    onBatch(batch: Batch, input: number) {
      const { values: records, keys, keyGroups } = batch
      if (keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without keys`, { details: { uid: context.uid } })
      }
      const [name, fn] = onRecord[input]!
      for (let i = 0; i < records.length; i++) {
        scope.enter(keyGroups[i]!, keys[i]!, batch.timestampsMs?.[i])
        call(name, fn, records[i])
        fireEventTimers(watermarkMs)
      }
      finish()
    },
    onWatermark(watermark: Watermark) {
      if (watermark.timestampMs < Number.POSITIVE_INFINITY) watermarkMs = Math.max(watermarkMs, watermark.timestampMs)
      fireEventTimers(watermark.timestampMs)
      finish()
      return watermark
    },
    onWake(nowMs: number) {
      if (processingTimers === undefined) return
      // In event time they happen now: as early as is not late.
      fire(processingTimers, 'processing', nowMs, () => watermarkMs + 1)
      fireEventTimers(watermarkMs)
      finish()
      if (processingTimers.nextMs < Number.POSITIVE_INFINITY) context.wake(processingTimers.nextMs)
    },
  }
}

function timersOf(
  context: OperatorContext,
  scope: KeyScope,
  event: KeyTimers | undefined,
  processing: KeyTimers | undefined,
): Timers {
  const current = (timers: KeyTimers | undefined) => {
    scope.check('a timer is set or deleted')
    if (timers === undefined) throw new TypeError('a timer needs an onTimer that is called: there is none')
    return timers
  }
  return {
    eventTime: (timeMs) => current(event).set(scope.keyGroup, scope.key, timeMs),
    processingTime(timeMs) {
      current(processing).set(scope.keyGroup, scope.key, timeMs)
      context.wake(timeMs)
    },
    deleteEventTime: (timeMs) => current(event).delete(scope.keyGroup, scope.key, timeMs),
    deleteProcessingTime: (timeMs) => current(processing).delete(scope.keyGroup, scope.key, timeMs),
  }
}

/** The key as a function sees it: of several fields an object. */
function keyValue(key: Key, fields: readonly string[] | undefined): unknown {
  if (fields === undefined || fields.length === 1) return key
  return Object.fromEntries(keyValues(key, fields.length).map((value, index) => [fields[index]!, value]))
}
