/** A function of all records of a window. */
import type { z } from 'zod'
import { SluiceError } from '../../topology/errors.ts'
import { keyValues } from '../../topology/key.ts'
import { fieldsOf, type Row } from '../../topology/schema/index.ts'
import { appendWithSides, type Stream, type Transform } from '../../topology/stream.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import { checkedRow, refusePromise } from '../process/checked-results.ts'
import { collectedRows } from './collected-rows.ts'
import type { ResultWriter } from './result-writer.ts'
import { type WindowElementOf, type WindowedStream, windowParameters } from './window.ts'
import type { WindowContext, WindowKeyValueOf } from './window-context.ts'
import type { Fire } from './window-mechanism.ts'
import { createWindowOperator } from './window-operator.ts'
import { areTimed } from './windows.ts'

export interface ApplyOptions<S, O extends z.ZodObject> {
  /** Names the operator, and with it its state in checkpoints. */
  readonly name: string
  /** The schema of the rows that go out. */
  readonly output: O
  /** Called with the records of a key and window whenever it fires, in the order in which they came. */
  readonly onWindow: (
    rows: readonly Readonly<WindowElementOf<S>>[],
    context: WindowContext<WindowKeyValueOf<S>, Row<O>>,
  ) => void
}

/** What `apply` makes of a windowed stream. */
export interface ApplyOutputs<S, O> {
  /** What the function has emitted. Its event time is the last millisecond of the window. */
  readonly out: Stream<Row<O>>
  /** Records that came after their window had closed. */
  readonly late: Stream<WindowElementOf<S>>
}

/**
 * Calls a function with all records of each key and window: for what no aggregate gathers.
 *
 * It is called when the window fires, as `aggregate` writes its rows then, and may emit any number of rows. Keyed state:
 * the records of every open window, in sliding windows each once. Where an aggregate does, use it: its state is a few
 * numbers.
 *
 * Guarantee: a record is among those of each of its windows that is open, and leaves by `late` when none is, also over
 * crashes and rescales.
 *
 * @throws {OperatorError} naming the operator and the key, when the function throws, returns a promise or
 * emits nothing.
 * @example
 * purchases.pipe(
 *   keyBy('user_id'),
 *   window(tumbling(days(1))),
 *   apply({
 *     name: 'median',
 *     output: z.object({ user_id: z.string(), median: decimal(18, 2) }),
 *     onWindow(rows, { key, emit }) {
 *       const amounts = rows.map(({ amount }) => amount).sort((a, b) => Number(a - b))
 *       emit({ user_id: key, median: amounts[amounts.length >> 1]! })
 *     },
 *   }),
 * )
 */
export function apply<S extends WindowedStream<any, any>, O extends z.ZodObject>(
  options: ApplyOptions<S, O>,
): Transform<S, ApplyOutputs<S, O>> {
  const { name, output, onWindow } = options
  return (windowed) => {
    const { input, windows, trigger, allowedLatenessMs, keyFields, keyColumns } = windowed
    return appendWithSides(input, {
      uid: name,
      kind: 'apply',
      parameters: { ...windowParameters(windowed), by: keyFields ?? 'function' },
      behaviour: {
        type: 'operator',
        create: (context) =>
          createWindowOperator(context, {
            windows,
            trigger,
            allowedLatenessMs,
            isKeyed: keyColumns.length > 0,
            aggregates: { rows: collectedRows },
            createFire: (writer) => createApply({ uid: name, writer, keyColumns, onWindow }),
          }),
      },
      sideOutputs: ['late'],
      ...(areTimed(windows) && { shouldConnect: ['late'] }),
      columns: { out: 'opaque', late: 'same' },
      fields: fieldsOf(output),
      time: areTimed(windows) ? 'needs' : 'ignores',
      ...(keyColumns.length > 0 && { key: 'needs' as const }),
      stateful: true,
    })
  }
}

interface Applied {
  readonly uid: string
  readonly writer: ResultWriter
  readonly keyColumns: readonly string[]
  readonly onWindow: (rows: readonly any[], context: WindowContext<any, any>) => unknown
}

function createApply({ uid, writer, keyColumns, onWindow }: Applied): Fire {
  return (key, [rows], window, timestampMs) => {
    let isOpen = true
    const context: WindowContext<unknown, unknown> = {
      key: keyValueOf(keyColumns, key),
      window,
      emit(row) {
        if (!isOpen) throw emittedLater(uid)
        writer.write(checkedRow(row), timestampMs)
      },
    }
    try {
      refusePromise(onWindow(rows as readonly unknown[], context))
    } catch (error) {
      throw userFunctionError(uid, 'onWindow', context.key, error)
    } finally {
      isOpen = false
    }
  }
}

function keyValueOf(columns: readonly string[], key: unknown): unknown {
  if (columns.length < 2) return columns.length === 0 ? undefined : key
  const values = keyValues(key as string, columns.length)
  return Object.fromEntries(columns.map((column, index) => [column, values[index]]))
}

function emittedLater(uid: string): SluiceError {
  return new SluiceError('EMIT_OUTSIDE_CALL', `${uid}: a row is emitted after onWindow has returned`, {
    fix: 'Emit before onWindow returns; keep nothing of its context for a callback or a promise.',
    details: { uid },
  })
}
