/** What every two-phase sink must do: the list that a new connector runs against itself. */
import { expect } from 'vitest'
import type {
  CommitRequest,
  Committable,
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../topology/contract/sink.ts'
import { Batch } from '../../topology/element.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordingLogger, silentMetrics } from '../support/silent.ts'

export interface SinkHarness {
  /** The sink as another process opens it: what is committed outlives it. */
  open(): Sink
  /** A row that `visible` gives back as the number. */
  row(n: number): unknown
  /** What everybody can see, in any order. */
  visible(): Promise<readonly number[]>
  /** Whether committed output can be taken back. */
  readonly canRewind: boolean
  /** Whether a start without a checkpoint is refused where output has been committed. @default true */
  readonly refusesRewind?: boolean
}

export interface SinkCase {
  readonly name: string
  run(harness: SinkHarness): Promise<void>
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function context(epoch: bigint, subtask = 0): WriterContext & CommitterContext {
  return {
    job: 'job',
    uid: 'sink(conformance)',
    subtask,
    epoch,
    clock: new ManualClock(),
    logger: recordingLogger(),
    metrics: silentMetrics,
  }
}

/** A sink as one attempt has it. */
class SinkAttempt {
  readonly harness: SinkHarness
  readonly epoch: bigint
  readonly sink: Sink
  readonly committer: SinkCommitter
  private readonly writers = new Map<number, SinkWriter>()

  private constructor(harness: SinkHarness, epoch: bigint, sink: Sink, committer: SinkCommitter) {
    this.harness = harness
    this.epoch = epoch
    this.sink = sink
    this.committer = committer
  }

  static async begin(harness: SinkHarness, epoch: bigint, restored?: CommitRequest, allowRewind = false) {
    const sink = harness.open()
    const committer = await sink.createCommitter(context(epoch))
    const attempt = new SinkAttempt(harness, epoch, sink, committer)
    await committer.fence({ epoch, restored: restored && { ...restored, epoch }, allowRewind })
    return attempt
  }

  async write(values: readonly number[], subtask = 0): Promise<void> {
    await (await this.writer(subtask)).write(new Batch(values.map((n) => this.harness.row(n))))
  }

  /** Cuts and makes durable what all subtasks have written. */
  async prepare(checkpointId: bigint): Promise<CommitRequest> {
    const cuts = [...this.writers.values()].map((writer) => writer.prepareCommit(checkpointId))
    return this.request(checkpointId, (await Promise.all(cuts)).flat())
  }

  request(checkpointId: bigint, committables: readonly Committable[]): CommitRequest {
    const { epoch } = this
    // A manifest holds them as JSON.
    const held = JSON.parse(JSON.stringify(committables)) as Committable[]
    return { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs: undefined, committables: held }
  }

  async end(): Promise<void> {
    for (const writer of this.writers.values()) await writer.close()
    await this.committer.close()
    await this.sink.close()
  }

  async writer(subtask: number): Promise<SinkWriter> {
    let writer = this.writers.get(subtask)
    if (writer === undefined) {
      writer = await this.sink.createWriter(context(this.epoch, subtask))
      this.writers.set(subtask, writer)
    }
    return writer
  }
}

const sorted = async (harness: SinkHarness) => (await harness.visible()).toSorted((a, b) => a - b)

export const sinkConformance: readonly SinkCase[] = [
  {
    name: 'shows nothing before the commit, and all of it after',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.write(numbers(0, 100))
      await attempt.write(numbers(100, 2_000))
      expect(await sorted(harness)).toEqual([])
      const first = await attempt.prepare(1n)
      expect(await sorted(harness)).toEqual([])
      await attempt.committer.commit(first)
      expect(await sorted(harness)).toEqual(numbers(0, 2_000))
      await attempt.end()
    },
  },
  {
    name: 'cuts at the call: what is written before the promise resolves belongs to the next checkpoint',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.write([1])
      const writer = await attempt.writer(0)
      const cut = writer.prepareCommit(1n)
      await attempt.write([2])
      await attempt.committer.commit(attempt.request(1n, await cut))
      expect(await sorted(harness)).toEqual([1])
      await attempt.committer.commit(await attempt.prepare(2n))
      expect(await sorted(harness)).toEqual([1, 2])
      await attempt.end()
    },
  },
  {
    name: 'takes an interval without rows',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.committer.commit(await attempt.prepare(1n))
      await attempt.write([1])
      await attempt.committer.commit(await attempt.prepare(2n))
      expect(await sorted(harness)).toEqual([1])
      await attempt.end()
    },
  },
  {
    name: 'puts what several subtasks wrote into one commit',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      for (const subtask of [0, 1, 2]) await attempt.write([subtask, subtask + 10], subtask)
      await attempt.committer.commit(await attempt.prepare(1n))
      expect(await sorted(harness)).toEqual([0, 1, 2, 10, 11, 12])
      await attempt.end()
    },
  },
  {
    name: 'commits once, however often it is asked',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.write([1, 2])
      const first = await attempt.prepare(1n)
      await attempt.committer.commit(first)
      await attempt.committer.commit(first)
      await attempt.write([3])
      const second = await attempt.prepare(2n)
      await attempt.committer.commit(second)
      await attempt.end()
      const next = await SinkAttempt.begin(harness, 2n, second)
      expect(await sorted(harness)).toEqual([1, 2, 3])
      await next.end()
    },
  },
  {
    name: 'commits what a checkpoint owes without the writer that prepared it, and drops what none holds',
    async run(harness) {
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.write([1, 2])
      const owed = await attempt.prepare(1n)
      await attempt.write([3])
      await attempt.prepare(2n)
      await attempt.write([4])
      await attempt.end()
      const next = await SinkAttempt.begin(harness, 2n, owed)
      expect(await sorted(harness)).toEqual([1, 2])
      await next.write([5])
      await next.committer.commit(await next.prepare(3n))
      expect(await sorted(harness)).toEqual([1, 2, 5])
      await next.end()
    },
  },
  {
    name: 'shuts out an older attempt once a newer one has fenced',
    async run(harness) {
      const old = await SinkAttempt.begin(harness, 1n)
      await old.write([1])
      const late = await old.prepare(1n)
      const next = await SinkAttempt.begin(harness, 2n)
      await expect(old.committer.commit(late)).rejects.toMatchObject({ code: 'FENCED' })
      await expect(SinkAttempt.begin(harness, 1n)).rejects.toMatchObject({ code: 'FENCED' })
      expect(await sorted(harness)).toEqual([])
      await old.end()
      await next.end()
    },
  },
  {
    name: 'starts anew where it was only fenced before',
    async run(harness) {
      await (await SinkAttempt.begin(harness, 1n)).end()
      const next = await SinkAttempt.begin(harness, 2n)
      await next.write([1])
      await next.committer.commit(await next.prepare(1n))
      expect(await sorted(harness)).toEqual([1])
      await next.end()
    },
  },
  {
    name: 'refuses to begin before what it has committed, or takes it back where it may',
    async run(harness) {
      if (harness.refusesRewind === false) return
      const attempt = await SinkAttempt.begin(harness, 1n)
      await attempt.write([1])
      const first = await attempt.prepare(1n)
      await attempt.committer.commit(first)
      await attempt.write([2])
      await attempt.committer.commit(await attempt.prepare(2n))
      await attempt.end()
      for (const restored of [undefined, first]) {
        await expect(SinkAttempt.begin(harness, 2n, restored)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
      }
      const rewind = () => SinkAttempt.begin(harness, 3n, first, true)
      if (!harness.canRewind) {
        await expect(rewind()).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
        return
      }
      await (await rewind()).end()
      expect(await sorted(harness)).toEqual([1])
      await (await SinkAttempt.begin(harness, 4n, undefined, true)).end()
      expect(await sorted(harness)).toEqual([])
    },
  },
]
