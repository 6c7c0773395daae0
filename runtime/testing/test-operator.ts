/** Operators by hand: what `build` puts behind its inputs, element by element, and what leaves each of their outputs. */
import { Batch, type BatchAttributes, type Element } from '../../topology/element.ts'
import { GraphBuilder } from '../../topology/graph.ts'
import { type AnyStream, append, type ElementOf, type Stream, streamOf } from '../../topology/stream.ts'
import type { Topology } from '../../topology/topology.ts'
import type { TestCheckpoint } from './memory-checkpoints.ts'
import { Observed } from './observed.ts'
import type { TestOutput } from './test-output.ts'
import { openTestTopology, type RestartOptions, type TestTopology, type TestTopologyOptions } from './test-topology.ts'
import type { TimelineEvent, TimelineTarget } from './timeline.ts'
import { VirtualClock } from './virtual-clock.ts'

/** What operators give: one stream, or `{ out, …sides }`. */
export type Outputs = AnyStream | { readonly out: AnyStream }
export type PortOf<O> = O extends AnyStream ? 'out' : keyof O & string
export type RowOf<O, P> = O extends AnyStream ? ElementOf<O> : P extends keyof O ? ElementOf<O[P]> : never
type Inputs<I extends readonly unknown[]> = { readonly [K in keyof I]: Stream<I[K]> }

export interface TestOperatorOptions extends Omit<TestTopologyOptions, 'splits' | 'startMs'> {
  /** Processing time. @default one that begins at 0 */
  readonly clock?: VirtualClock
  /** Where counters and log lines go. @default of its own */
  readonly observed?: Observed
}

/**
 * Runs the operators that `build` puts behind one input or several, in virtual time: as `testTopology`, without sources
 * and sinks. Rows come with the event times that they are pushed with, and every output can be looked at by its port.
 *
 * @example
 * const test = await testOperator((clicks: Stream<{ user: string }>) => clicks.pipe(keyBy('user')))
 * test.timed([[{ user: 'ann' }, 10], [{ user: 'bob' }, 20]]).watermark(20)
 * const rows = test.rows()
 */
export async function testOperator<I extends readonly unknown[], O extends Outputs>(
  build: (...inputs: Inputs<I>) => O,
  options: TestOperatorOptions = {},
): Promise<TestOperator<I, O>> {
  const { clock = new VirtualClock(), observed = new Observed(), ...rest } = options
  const { job, inputs, outputs } = describe(build as unknown as (...inputs: Stream<any>[]) => Outputs)
  const test = await openTestTopology(job, rest, { clock, observed, tellsSplits: false })
  return new TestOperator(test, inputs, outputs)
}

/** One input of operators under test. */
export class TestInput<T> implements TimelineTarget<T> {
  private readonly receive: (element: Element) => void

  /** @internal */
  constructor(receive: (element: Element) => void) {
    this.receive = receive
  }

  send(element: Element): this {
    this.receive(element)
    return this
  }

  /** Sends rows in one batch. */
  batch(rows: readonly T[], attributes: BatchAttributes = {}): this {
    return this.send(new Batch(rows, attributes))
  }

  /** Sends rows with their event times, `[row, timestampMs]`, in one batch. */
  timed(rows: readonly (readonly [T, number])[], attributes: BatchAttributes = {}): this {
    const timestampsMs = Float64Array.from(rows, ([, timestampMs]) => timestampMs)
    return this.batch(
      rows.map(([row]) => row),
      { ...attributes, timestampsMs },
    )
  }

  watermark(timestampMs: number, split?: number): this {
    return this.send({ kind: 'watermark', timestampMs, ...(split !== undefined && { split }) })
  }

  idle(split?: number): this {
    return this.send({ kind: 'idle', ...(split !== undefined && { split }) })
  }

  /** As the runtime ends an input; with `drain` the watermark +∞ comes first. */
  end(drain = false): this {
    if (drain) this.watermark(Number.POSITIVE_INFINITY)
    return this.send({ kind: 'end', drain })
  }

  /** What a timeline has in this place: see `timeline` and `play`. */
  happen(event: TimelineEvent<T>): this {
    if (event.kind === 'record') return this.timed([[event.row, event.atMs]])
    if (event.kind === 'watermark') return this.watermark(event.atMs)
    return this.end(true)
  }
}

/** Itself its first input. */
export class TestOperator<I extends readonly unknown[], O extends Outputs> extends TestInput<I[0]> {
  /** The job that the operators stand in: its state, counters, checkpoints and clock. */
  readonly topology: TestTopology
  /** The outputs. */
  readonly ports: readonly PortOf<O>[]
  private readonly inputs: readonly string[]

  /** @internal */
  constructor(topology: TestTopology, inputs: readonly string[], ports: readonly string[]) {
    super((element) => topology.source(inputs[0]!).send(element))
    this.topology = topology
    this.inputs = inputs
    this.ports = ports as readonly PortOf<O>[]
  }

  /** Processing time. */
  get clock(): VirtualClock {
    return this.topology.clock
  }

  /** The input that `build` has at this position, from 0. */
  input<N extends number>(index: N): TestInput<I[N]> {
    const source = this.topology.source(this.inputs[index]!)
    return new TestInput((element) => source.send(element))
  }

  output<P extends PortOf<O>>(port: P): TestOutput<RowOf<O, P>> {
    return this.topology.output(port)
  }

  /** All rows that left an output so far. */
  rows(): RowOf<O, 'out'>[]
  rows<P extends PortOf<O>>(port: P): RowOf<O, P>[]
  rows(port = 'out' as PortOf<O>): unknown[] {
    return this.output(port).rows
  }

  batches(port = 'out' as PortOf<O>): Batch[] {
    return this.output(port).batches
  }

  /** Event times of all rows that left an output so far. */
  timestampsMs(port = 'out' as PortOf<O>): number[] {
    return this.output(port).timestampsMs
  }

  watermarks(port = 'out' as PortOf<O>): number[] {
    return this.output(port).watermarksMs
  }

  elements(port = 'out' as PortOf<O>): readonly Element[] {
    return this.output(port).elements
  }

  counter(series: string): number {
    return this.topology.counter(series)
  }

  checkpoint(): Promise<TestCheckpoint> {
    return this.topology.checkpoint()
  }

  /** As `TestTopology.restart`. */
  async restart(options: Omit<RestartOptions, 'job'> = {}): Promise<this> {
    await this.topology.restart(options)
    return this
  }

  async settled(): Promise<this> {
    await this.topology.settled()
    return this
  }
}

interface Described {
  readonly job: Topology
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** A job of the operators alone, whose inputs have event times and whose outputs are sinks. */
function describe(build: (...inputs: Stream<any>[]) => Outputs): Described {
  const graph = new GraphBuilder()
  const inputs = Array.from({ length: Math.max(1, build.length) }, (_, index) => `input${index === 0 ? '' : index + 1}`)
  const create = (): never => {
    throw new Error('the kit reads no source')
  }
  const sources = inputs.map((name) =>
    graph.add(
      {
        uid: name,
        kind: 'source',
        behaviour: { type: 'source', source: { kind: 'custom', name, create } },
        time: 'assigns',
        stateful: true,
      },
      [],
    ),
  )
  const built = build(...sources.map((source) => streamOf<Stream<any>>(graph, source)))
  const streams = Object.entries<AnyStream>('origin' in built ? { out: built } : { ...built })
  for (const [name, stream] of streams) {
    append(stream, {
      uid: `sink(${name})`,
      kind: 'sink',
      behaviour: { type: 'sink', sink: { kind: 'custom', name, create } },
    })
  }
  return {
    job: Object.freeze({ kind: 'topology', name: 'test', nodes: graph.nodes() }),
    inputs,
    outputs: streams.map(([name]) => name),
  }
}
