/** A sink that forgets what it is given, and marks when it was given it. */
import { setTimeout } from 'node:timers/promises'
import type { Sink, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import type { Batch } from '../../../topology/element.ts'
import type { CustomSink } from '../../../topology/to.ts'
import { mark } from '../marks.ts'

export interface MarkSinkOptions<T> {
  /** Looks at the rows of a batch. @default at nothing */
  readonly look?: (rows: readonly T[]) => void
  /** How many rows a writer takes in a second. @default all */
  readonly rowsPerSecond?: number
  /** Mark every so many rows. @default the first batch only */
  readonly markEvery?: number
}

export function markSink<T>(name: string, options: MarkSinkOptions<T> = {}): CustomSink<T> {
  const create = (): Sink => ({
    createWriter: async (context) => openWriter(context, options),
    createCommitter: async () => ({
      fence: async () => {},
      commit: async ({ epoch }) => mark('commit', { epoch: String(epoch) }),
      close: async () => {},
    }),
    close: async () => {},
  })
  return { name, create }
}

function openWriter<T>({ epoch, subtask }: WriterContext, options: MarkSinkOptions<T>): SinkWriter<T> {
  const { look, rowsPerSecond, markEvery = Number.POSITIVE_INFINITY } = options
  const known = { epoch: String(epoch), subtask }
  let rows = 0
  let freeAtMs = 0
  return {
    write(batch: Batch<T>) {
      if (rows === 0) mark('write', known)
      look?.(batch.values)
      const marked = Math.floor(rows / markEvery)
      rows += batch.length
      if (Math.floor(rows / markEvery) > marked) mark('rows', { ...known, rows })
      if (rowsPerSecond === undefined) return
      // Time that a slow sink was not asked for is lost, as with any that works all it can.
      freeAtMs = Math.max(freeAtMs, performance.now()) + (1000 * batch.length) / rowsPerSecond
      return setTimeout(freeAtMs - performance.now())
    },
    prepareCommit: async () => [],
    close: async () => {},
  }
}
