/** A whole job in virtual time: what is pushed goes through it at once, and every output and state can be looked at. */
import type { DurationMs } from '../../topology/duration.ts'
import type { EndpointSink, EndpointSource } from '../../topology/endpoint.ts'
import type { Json } from '../../topology/json.ts'
import type { Table } from '../../topology/table.ts'
import type { CustomSink } from '../../topology/to.ts'
import type { Topic } from '../../topology/topic.ts'
import type { Topology } from '../../topology/topology.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { MemoryCheckpoints, type TestCheckpoint } from './memory-checkpoints.ts'
import { notFound } from './not-found.ts'
import { type LoggedLine, Observed } from './observed.ts'
import type { StateEntry } from './state-view.ts'
import { TestFeed } from './test-feed.ts'
import { TestOutput } from './test-output.ts'
import { openRun, type TestRun } from './test-run.ts'
import type { TestSource } from './test-source.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface TestTopologyOptions {
  /** Subtasks of every node that does not say otherwise. @default 1 */
  readonly parallelism?: number
  /** @default 128, or as many as the checkpoint has */
  readonly keyGroups?: number
  /** Processing time at the beginning, milliseconds since the epoch. @default 0 */
  readonly startMs?: number
  /** How many splits each source has, or those that are named have. They are dealt out over its subtasks. @default 1 */
  readonly splits?: number | Readonly<Record<string, number>>
  /** What it begins with: a checkpoint of this test or of another. */
  readonly from?: TestCheckpoint
  /** Leave state of the checkpoint behind that no operator has any more. @default false */
  readonly allowNonRestoredState?: boolean
  /** @internal Where keyed state lives. @default on the heap */
  readonly openState?: OpenStateBackend | undefined
}

export interface RestartOptions {
  /** @default as before */
  readonly parallelism?: number
  /** The job as it is from now on. @default as before */
  readonly job?: Topology
  /** @default the last checkpoint, and when there is none the very beginning */
  readonly from?: TestCheckpoint
  /** Leave state of the checkpoint behind that no operator of the job has any more. @default false */
  readonly allowNonRestoredState?: boolean
  /** Whether sources read again what they had been given since the checkpoint. @default true */
  readonly replay?: boolean
}

/**
 * Runs `job` by hand, in this process, in virtual time: nothing is opened, nothing runs in the background.
 *
 * The plan, its stages, exchanges, state and checkpoints are those of a running job; only sources and sinks are the
 * test's. A push returns when what was pushed has come as far as it goes: `await test.settled()` where operators wait for
 * promises. Errors of user functions are thrown by the push that met them, and after that only `restart` makes sense.
 *
 * @throws {TopologyError} when the job can't run.
 * @example
 * const test = await testTopology(job, { parallelism: 2 })
 * test.source(topic('a', A)).push([{ id: 'first' }, { id: 'second' }])
 * test.advanceWatermark(Date.UTC(2026, 0, 2))
 * await test.checkpoint()
 * await test.restart({ parallelism: 3 })
 * const rows = test.output('lake.a').rows
 */
export async function testTopology(job: Topology, options: TestTopologyOptions = {}): Promise<TestTopology> {
  return openTestTopology(job, options, {
    clock: new VirtualClock(options.startMs),
    observed: new Observed(),
    tellsSplits: true,
  })
}

/** What tests of single operators have of their own. */
export interface TestSetting {
  readonly clock: VirtualClock
  readonly observed: Observed
  /** Whether sources tell of their splits when they begin, as those of a running job do. */
  readonly tellsSplits: boolean
}

/** @internal */
export async function openTestTopology(
  job: Topology,
  options: TestTopologyOptions,
  setting: TestSetting,
): Promise<TestTopology> {
  const test = new TestTopology(job, options, setting)
  await test.start(options)
  return test
}

export class TestTopology {
  /** Processing time: stands still until `advanceProcessingTime`. */
  readonly clock: VirtualClock
  private readonly openState: OpenStateBackend | undefined
  private readonly observed: Observed
  private readonly keyGroups: number | undefined
  private readonly begun: TestCheckpoint | undefined
  private readonly checkpoints = new MemoryCheckpoints()
  private readonly outputs = new Map<string, TestOutput<any>>()
  private readonly feed: TestFeed
  private job: Topology
  private parallelism: number
  private last: TestCheckpoint | undefined
  private epoch = 0n
  private checkpointId = 0n
  private run!: TestRun

  /** @internal */
  constructor(job: Topology, options: TestTopologyOptions, { clock, observed, tellsSplits }: TestSetting) {
    this.job = job
    this.clock = clock
    this.observed = observed
    this.keyGroups = options.keyGroups
    this.openState = options.openState
    this.parallelism = options.parallelism ?? 1
    this.begun = options.from
    this.last = options.from
    this.checkpointId = options.from?.id ?? 0n
    this.feed = new TestFeed({
      splits: tellsSplits ? (options.splits ?? 1) : 'untold',
      positions: options.from?.manifest.sources ?? {},
      nowMs: () => clock.nowMs(),
    })
  }

  /**
   * A source of the job, by its topic, its endpoint or its name. Rows of a topic are those of its schema, and are read as the bytes that
   * they are encoded to; under the topic's name alone, as JSON.
   *
   * @throws {SluiceError} `TEST_SOURCE_NOT_FOUND`
   */
  source<T>(source: Topic<T> | EndpointSource<T>): TestSource<T>
  source<T = any>(source: string): TestSource<T>
  source(source: string | Topic<any> | EndpointSource<any>): TestSource<any> {
    return typeof source === 'string' ? this.feed.source(source, undefined) : this.feed.source(source.name, source)
  }

  /**
   * An output of the job: a sink, by its table, its topic (the rows, not the records), its endpoint or its name; or a side output that the job leaves unread, by `uid.port`, as
   * in 'deduplicate(id).late'.
   *
   * @throws {SluiceError} `TEST_OUTPUT_NOT_FOUND`
   */
  output<T>(output: Topic<T> | Table<T> | EndpointSink<T> | CustomSink<T>): TestOutput<T>
  output<T = any>(output: string): TestOutput<T>
  output(output: string | { readonly name: string }): TestOutput<any> {
    const name = typeof output === 'string' ? output : output.name
    const found = this.outputs.get(name)
    if (found === undefined) throw notFound('output', name, this.outputNames)
    return found
  }

  /** The names of all outputs. */
  get outputNames(): readonly string[] {
    return [...this.outputs.keys()]
  }

  /** Brings all sources to this watermark: see `TestSource.advanceWatermark`. */
  advanceWatermark(timestampMs: number): this {
    for (const name of this.feed.names) this.source(name).advanceWatermark(timestampMs)
    return this
  }

  /** Moves processing time: timers and wakes that fall due are called one after the other, each at its own time. */
  advanceProcessingTime(byMs: DurationMs): this {
    this.clock.advance(byMs)
    this.run.attempt.run()
    return this
  }

  /** Waits for operators that wait for promises; what depends on processing time has to be advanced first. */
  async settled(): Promise<this> {
    await this.run.attempt.settled()
    return this
  }

  /** All sources end. @param options.drain whether windows are closed by a watermark of +∞ before. @default true */
  end(options: { readonly drain?: boolean } = {}): this {
    for (const name of this.feed.names) this.source(name).end(options)
    return this
  }

  /** A barrier through the whole job: what it has emitted is committed, and `restart` begins from here. */
  async checkpoint(): Promise<TestCheckpoint> {
    const { attempt, assigners } = this.run
    const id = ++this.checkpointId
    const given = this.feed.length
    const outputs = new Map<string, number>()
    const advancedMs = new Map(
      Array.from(assigners, ([uid, times]) => [uid, Math.max(...times.map((time) => time.ms))]),
    )
    const taken = await attempt.checkpoint(id, this.feed.positions(), () => {
      for (const [name, output] of this.outputs) outputs.set(name, output.elements.length)
    })
    const manifest = await this.checkpoints.publish(taken)
    this.last = { id, files: this.checkpoints.files, manifest, outputs, given, advancedMs }
    return this.last
  }

  /**
   * A crash, and a restore from the last checkpoint: what has been emitted since is gone, and what has been pushed since
   * is read again. The clock goes on.
   *
   * @throws {SluiceError} `RESTORE_MISMATCH` … as a job that is submitted again.
   */
  async restart(options: RestartOptions = {}): Promise<this> {
    const { from = this.last, replay = true } = options
    await this.close()
    await this.open({ ...options, from })
    const isOwn = from !== undefined && from !== this.begun
    for (const [name, output] of this.outputs) output.truncate(isOwn ? (from.outputs.get(name) ?? 0) : 0)
    const again = this.feed.truncate(isOwn ? from.given : 0)
    this.feed.begin(this.run)
    if (replay) this.feed.replay(again)
    return this
  }

  /**
   * Every entry of an operator's keyed state, over all subtasks.
   *
   * @throws {SluiceError} `TEST_STATE_NOT_FOUND`
   */
  state<V = any>(uid: string, name: string): StateEntry<V>[] {
    return this.run.states.entries<V>(uid, name)
  }

  /** An operator's split state, as a checkpoint would hold it. @throws {SluiceError} `TEST_STATE_NOT_FOUND` */
  splitState(uid: string, name: string): Readonly<Record<string, Json>> {
    return this.run.states.splitEntries(uid, name)
  }

  /** A counter by name and labels, `records_quarantined_total{rule="json"}`, over all operators, subtasks and restarts. */
  counter(series: string): number {
    return this.observed.counter(series)
  }

  /** What operators have logged. */
  get log(): readonly LoggedLine[] {
    return this.observed.lines
  }

  /** Ends the job where it stands. A test need not: there is nothing that would go on. */
  async close(): Promise<void> {
    await this.run.attempt.close()
  }

  /** @internal */
  async start({ from, allowNonRestoredState = false }: TestTopologyOptions): Promise<void> {
    await this.open({ from, allowNonRestoredState })
    this.feed.begin(this.run)
  }

  private async open(
    options: Omit<RestartOptions, 'from'> & { readonly from: TestCheckpoint | undefined },
  ): Promise<void> {
    const { clock, observed, checkpoints, keyGroups } = this
    const { job = this.job, parallelism = this.parallelism, from, allowNonRestoredState = false } = options
    this.run = await openRun({
      job,
      parallelism,
      keyGroups,
      from,
      allowNonRestoredState,
      epoch: ++this.epoch,
      clock,
      observed,
      checkpoints,
      openState: this.openState,
      output: (name) => {
        let output = this.outputs.get(name)
        if (output === undefined) {
          output = new TestOutput(name)
          this.outputs.set(name, output)
        }
        return output
      },
    })
    this.job = job
    this.parallelism = parallelism
    this.last = from
  }
}
