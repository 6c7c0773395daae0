/** The behaviour of `process`. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { Batch, type Key, MAX_BATCH_ROWS, type Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { keyValues } from '../../topology/key.ts'
import { describeResult, isPromise, userFunctionError } from '../../topology/user-function.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'
import { KeyScope } from './key-scope.ts'
import { MapAccess } from './map-access.ts'
import type { ProcessContext, StateDeclarations } from './process-context.ts'
import { ValueAccess } from './value-access.ts'

export interface ProcessPlan {
  /** The fields that the stream is keyed by; undefined when it is by a function. */
  readonly keyFields: readonly string[] | undefined
  readonly state: StateDeclarations
  readonly onRecord: (record: any, context: ProcessContext<any, any, any>) => unknown
}

export function createProcess(context: OperatorContext, { keyFields, state, onRecord }: ProcessPlan): Operator {
  const scope = new KeyScope(context.uid)
  const states = Object.entries(state).map(([name, declared]) => {
    const values = context.state.keyed<any>(declared)
    const gauge = context.metrics.gauge('state_entries', { state: declared.name })
    const access =
      declared.kind === 'mapState' ? new MapAccess(scope, declared, values) : new ValueAccess(scope, declared, values)
    return { name, access, report: () => gauge.set(values.size) }
  })

  const times = context.state.split('times')
  let watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
  times.onSnapshot(() => timeEntries(context, { watermark: watermarkMs }))

  let timestampMs: number | undefined
  /** What has been emitted and is still here, with its event times. */
  let rows: unknown[] = []
  let timestampsMs: (number | undefined)[] = []

  const processContext: ProcessContext<any, any, any> = {
    state: Object.fromEntries(states.map(({ name, access }) => [name, access])),
    get key() {
      scope.check('the key is asked for')
      return keyValue(scope.key, keyFields)
    },
    get timestampMs() {
      return timestampMs
    },
    get watermarkMs() {
      return watermarkMs
    },
    emit(row: unknown) {
      scope.check('a row is emitted')
      rows.push(row)
      timestampsMs.push(timestampMs)
    },
  }

  function call(record: unknown, keyGroup: number, key: Key): void {
    scope.enter(keyGroup, key)
    try {
      refusePromise(onRecord(record, processContext))
    } catch (error) {
      throw userFunctionError(context.uid, 'onRecord', record, error)
    } finally {
      scope.leave()
    }
  }

  function flush(): void {
    for (let from = 0; from < rows.length; from += MAX_BATCH_ROWS) {
      const times = timestampsMs.slice(from, from + MAX_BATCH_ROWS) as number[]
      const batch = new Batch(rows.slice(from, from + MAX_BATCH_ROWS), {
        timestampsMs: timestampMs === undefined ? undefined : Float64Array.from(times),
      })
      context.emit('out', batch)
    }
    rows = []
    timestampsMs = []
  }

  return {
    onBatch(batch: Batch) {
      const { values: records, keys, keyGroups } = batch
      if (keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without keys`, { details: { uid: context.uid } })
      }
      for (let i = 0; i < records.length; i++) {
        timestampMs = batch.timestampsMs?.[i]
        call(records[i], keyGroups[i]!, keys[i]!)
        if (rows.length >= MAX_BATCH_ROWS) flush()
      }
      flush()
      for (const { report } of states) report()
    },
    onWatermark(watermark: Watermark) {
      if (watermark.timestampMs < Number.POSITIVE_INFINITY) watermarkMs = Math.max(watermarkMs, watermark.timestampMs)
      return watermark
    },
  }
}

/** The key as a function sees it: of several fields an object. */
function keyValue(key: Key, fields: readonly string[] | undefined): unknown {
  if (fields === undefined || fields.length === 1) return key
  return Object.fromEntries(keyValues(key, fields.length).map((value, index) => [fields[index]!, value]))
}

function refusePromise(result: unknown): void {
  if (!isPromise(result)) return
  // The error says it all; what becomes of the promise must not end the process.
  Promise.resolve(result).catch(() => undefined)
  throw new TypeError(`it must return nothing, not ${describeResult(result)}`)
}
