/**
 * The test kit as the project's own operator tests use it: a restart gives a new run that has written down nothing yet, and
 * counters are those of the operators, without what the runtime counts of every node.
 */
import type { Manifest } from '../../runtime/checkpoint/manifest.ts'
import type { TestCheckpoint } from '../../runtime/testing/memory-checkpoints.ts'
import { Observed } from '../../runtime/testing/observed.ts'
import {
  type Outputs,
  type PortOf,
  type RowOf,
  TestInput,
  type TestOperator,
  testOperator,
} from '../../runtime/testing/test-operator.ts'
import type { Batch, Element } from '../../topology/element.ts'
import type { Stream } from '../../topology/stream.ts'
import { ManualClock } from './manual-clock.ts'
import { testBackend as openState } from './state-backend.ts'

export type { Outputs }

export const KEY_GROUPS = 16

export interface HarnessOptions {
  readonly clock?: ManualClock
  /** @default 1 */
  readonly parallelism?: number
  /** What it begins with. */
  readonly restored?: HarnessSnapshot
}

export interface RestartOptions {
  /** @default as before */
  readonly parallelism?: number
}

/** A checkpoint. */
export interface HarnessSnapshot extends TestCheckpoint {
  readonly keyed: Manifest['keyed']
  readonly split: Manifest['split']
}

/** The operators that `build` puts behind a source of `T`. */
export function harness<T, O extends Outputs>(
  build: (input: Stream<T>) => O,
  options: HarnessOptions = {},
): Promise<OperatorHarness<T, O>> {
  return open(build, options, new Observed())
}

/** As `harness`, for operators of two inputs: rows go in by `left` and `right`. */
export function harness2<L, R, O extends Outputs>(
  build: (left: Stream<L>, right: Stream<R>) => O,
  options: HarnessOptions = {},
): Promise<OperatorHarness<L, O, R>> {
  return open(build, options, new Observed())
}

async function open<T, O extends Outputs, R>(
  build: (...inputs: any[]) => O,
  options: HarnessOptions,
  observed: Observed,
): Promise<OperatorHarness<T, O, R>> {
  const { clock = new ManualClock(), parallelism = 1, restored } = options
  const from = restored === undefined ? {} : { from: restored }
  const test = await testOperator<any, O>(build, {
    clock,
    parallelism,
    keyGroups: KEY_GROUPS,
    observed,
    openState,
    ...from,
  })
  const restart = (snapshot: HarnessSnapshot, changed: RestartOptions) =>
    open<T, O, R>(build, { ...options, ...changed, clock, restored: snapshot }, observed.continued())
  return new OperatorHarness<T, O, R>(test, observed, restart)
}

type Reopen<T, O extends Outputs, R> = (
  snapshot: HarnessSnapshot,
  changed: RestartOptions,
) => Promise<OperatorHarness<T, O, R>>

export class OperatorHarness<T, O extends Outputs, R = never> extends TestInput<T> {
  private readonly test: TestOperator<any, O>
  private readonly observed: Observed
  private readonly reopen: Reopen<T, O, R>

  constructor(test: TestOperator<any, O>, observed: Observed, reopen: Reopen<T, O, R>) {
    super((element) => test.send(element))
    this.test = test
    this.observed = observed
    this.reopen = reopen
  }

  get clock(): ManualClock {
    return this.test.clock
  }

  /** The first input. */
  get left(): TestInput<T> {
    return this
  }

  /** The second input. */
  get right(): TestInput<R> {
    return this.test.input(1)
  }

  /** The input that `build` has at this position, from 0. */
  input(index: number): TestInput<any> {
    return this.test.input(index)
  }

  /** The outputs. */
  get ports(): readonly PortOf<O>[] {
    return this.test.ports
  }

  /** By name and labels, `records_quarantined_total{rule="json"}`: over all restarts. */
  get counters(): ReadonlyMap<string, number> {
    return ownSeries(this.observed.uids.map((uid) => this.observed.countersOf(uid)))
  }

  /** By name and labels: as they were set last in this run. */
  get gauges(): ReadonlyMap<string, number> {
    return ownSeries(this.observed.uids.map((uid) => this.observed.gaugesOf(uid)))
  }

  /** How far splits have come, as operators reported it in this run. */
  get splitReports(): readonly (readonly [split: number, watermarkMs: number])[] {
    return this.observed.splitReports
  }

  /** All rows that left an output so far. */
  rows(): RowOf<O, 'out'>[]
  rows<P extends PortOf<O>>(port: P): RowOf<O, P>[]
  rows(port = 'out' as PortOf<O>): unknown[] {
    return this.test.rows(port)
  }

  batches(port = 'out' as PortOf<O>): Batch[] {
    return this.test.batches(port)
  }

  /** Event times of all rows that left an output so far. */
  timestampsMs(port = 'out' as PortOf<O>): number[] {
    return this.test.timestampsMs(port)
  }

  watermarks(port = 'out' as PortOf<O>): number[] {
    return this.test.watermarks(port)
  }

  elements(port = 'out' as PortOf<O>): readonly Element[] {
    return this.test.elements(port)
  }

  /** What one subtask has emitted. */
  elementsOf(subtask: number, port = 'out' as PortOf<O>): readonly Element[] {
    return this.test.output(port).elementsOf(subtask)
  }

  counter(name: string): number {
    return this.counters.get(name) ?? 0
  }

  /** Waits for operators that said they are full, or have something left to emit at the end. */
  async settled(): Promise<this> {
    await this.test.settled()
    return this
  }

  /** A barrier, a crash behind it, and a restore from the checkpoint: a new run that has read nothing yet. */
  async restart(changed: RestartOptions = {}): Promise<OperatorHarness<T, O, R>> {
    const snapshot = await this.snapshot()
    await this.test.topology.close()
    return this.reopen(snapshot, changed)
  }

  /** What a checkpoint taken now holds, as it comes back from disk. */
  async snapshot(): Promise<HarnessSnapshot> {
    const checkpoint = await this.test.checkpoint()
    const { keyed, split } = checkpoint.manifest
    return { ...checkpoint, keyed, split }
  }
}

/** Of all operators together, without what every node has: records in and out, and watermarks. */
function ownSeries(series: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const own = new Map<string, number>()
  for (const [name, value] of series.flatMap((each) => [...each])) {
    if (!/^(num_records_(in|out)_total|current_(in|out)put_watermark_ms)$/.test(name)) {
      own.set(name, (own.get(name) ?? 0) + value)
    }
  }
  return own
}
