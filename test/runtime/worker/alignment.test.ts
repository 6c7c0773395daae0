/** Two sources of one job that wait for each other in event time. */
import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/index.ts'
import { eventTime, union } from '../../../operators/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Source, SourceReader, SourceRecord, SplitState } from '../../../topology/contract/source.ts'
import { seconds } from '../../../topology/duration.ts'
import { Batch } from '../../../topology/element.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'

interface Row {
  readonly atMs: number
}

/** One split, whose records come when the test lets them. */
class LettingSource implements Source, SourceReader {
  readonly paused: boolean[] = []
  readonly read: number[] = []
  private readonly timesMs: readonly number[]
  private readonly canPause: boolean
  private let = 0
  private split: SplitState | undefined
  private isPaused = false
  private wake: () => void = () => {}

  constructor(timesMs: readonly number[], canPause: boolean) {
    this.timesMs = timesMs
    this.canPause = canPause
    if (!canPause) Object.assign(this, { pauseOrResume: undefined })
  }

  /** Records may be read, up to so many in all. */
  letRead(count: number): void {
    this.let = count
    this.wake()
  }

  async discoverSplits() {
    return [{ id: 'only', index: 0, start: 0, stop: this.timesMs.length }]
  }

  createReader(): SourceReader {
    return this
  }

  async assign([split]: readonly SplitState[]): Promise<void> {
    this.split = split
  }

  poll(): Batch<SourceRecord> | undefined {
    if (this.isPaused || this.split === undefined || this.read.length >= this.let) return undefined
    const atMs = this.timesMs[this.read.length]!
    this.read.push(atMs)
    return new Batch<Row>([{ atMs }], { split: 0 }) as unknown as Batch<SourceRecord>
  }

  pauseOrResume(pause: readonly string[], _resume: readonly string[]): void {
    expect(this.canPause).toBe(true)
    this.isPaused = pause.length > 0
    this.paused.push(this.isPaused)
    this.wake()
  }

  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  atEnd(): boolean {
    return this.read.length >= this.timesMs.length
  }

  snapshot(): readonly SplitState[] {
    return this.split === undefined ? [] : [{ ...this.split, position: this.read.length }]
  }

  async close(): Promise<void> {}
}

it.each([
  ['pause splits', true],
  ['only rest', false],
])(
  'the faster one waits for the slower, and for nobody who is at its end (readers that can %s)',
  async (_what, canPause) => {
    //  slow  0 ........................ 3_600_000, end
    //  fast  0  600_000 (ahead: waits)  600_001  9_000_000
    const slow = new LettingSource([0, 3_600_000], canPause)
    const fast = new LettingSource([0, 600_000, 600_001, 9_000_000], canPause)
    const sink = memorySink<Row>('rows')
    const align = { group: 'both', maxDrift: seconds(60) }
    const job = topology('aligned', ({ fromSource }) => {
      const timed = [slow, fast].map((source, index) =>
        fromSource<Row>(`source-${index}`, () => source).pipe(
          eventTime((row) => row.atMs, { outOfOrderness: seconds(0), align, name: `time-${index}` }),
        ),
      )
      union(timed[0]!, timed[1]!).pipe(to(sink))
    })
    const run = await startInMemory(job)
    slow.letRead(1)
    fast.letRead(2)
    await until('the first records are read', () => slow.read.length === 1 && fast.read.length === 2)
    await until('the coordinator knows of both', () =>
      ['time-0', 'time-1'].every((uid) =>
        run.status().nodes.some((node) => node.uid === uid && node.watermarkMs !== null),
      ),
    )
    if (canPause) await until('the fast one is paused', () => fast.paused.at(-1) === true)
    // What the coordinator then said has arrived once timers and messages have had their turn.
    else for (let turn = 0; turn < 20; turn++) await systemClock.turn()
    fast.letRead(4)
    await systemClock.turn()
    expect(fast.read).toEqual([0, 600_000])
    slow.letRead(2)
    const end = await run.done
    expect(end.state).toBe('FINISHED')
    const times = sink.committed.map(({ atMs }) => atMs).sort((a, b) => a - b)
    expect(times).toEqual([0, 0, 600_000, 600_001, 3_600_000, 9_000_000])
    if (canPause) expect(fast.paused.slice(0, 2)).toEqual([true, false])
  },
)
