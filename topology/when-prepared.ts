/** An operator that takes each batch once what it needs has been fetched, and passes everything on in order. */
import type { Operator, OperatorContext } from './contract/operator.ts'
import type { Batch, Idle, Watermark } from './element.ts'

export interface Preparation {
  /** Undefined when nothing is missing: the batch is then taken at once. */
  readonly prepare: (batch: Batch) => Promise<void> | undefined
  /** May emit. */
  readonly take: (batch: Batch) => void
}

/**
 * While something is fetched the operator is full (see `OperatorContext.hold`), and what still comes, from operators before
 * it in the same turn, waits behind the batch at hand. So a barrier finds nothing in here.
 *
 * The gauge `schemas_awaited` is 1 meanwhile.
 */
export function whenPrepared(context: OperatorContext, { prepare, take }: Preparation): Operator {
  const queue: (Batch | Watermark | Idle)[] = []
  let isReady = false
  let isClosed = false
  let failure: unknown
  /** Resolves once the queue is empty. */
  let emptied: PromiseWithResolvers<void> | undefined

  // Asked for when there is something to show: most operators never wait.
  const awaited = () => context.metrics.gauge('schemas_awaited')

  function waitFor(prepared: Promise<void>): void {
    isReady = false
    awaited().set(1)
    if (emptied === undefined) {
      emptied = Promise.withResolvers()
      context.hold(emptied.promise)
    }
    const ready = (error?: unknown) => {
      if (isClosed) return
      failure = error
      isReady = true
      context.wake()
    }
    prepared.then(() => ready(), ready)
  }

  /** Whether it was taken. */
  function takeIfPrepared(batch: Batch): boolean {
    const prepared = prepare(batch)
    if (prepared === undefined) take(batch)
    else waitFor(prepared)
    return prepared === undefined
  }

  function passOrQueue<C extends Watermark | Idle>(control: C): C | undefined {
    if (queue.length === 0) return control
    queue.push(control)
    return undefined
  }

  return {
    onBatch(batch) {
      if (queue.length > 0 || !takeIfPrepared(batch)) queue.push(batch)
    },

    onWatermark: passOrQueue,
    onIdle: passOrQueue,

    onEnd: () => emptied?.promise,

    onWake() {
      if (failure !== undefined) throw failure
      if (!isReady) return
      while (queue.length > 0) {
        const next = queue[0]!
        if (next.kind === 'watermark') context.emitWatermark(next)
        else if (next.kind === 'idle') context.emitIdle(next)
        else if (!takeIfPrepared(next)) return
        queue.shift()
      }
      isReady = false
      awaited().set(0)
      emptied?.resolve()
      emptied = undefined
    },

    close() {
      isClosed = true
    },
  }
}
