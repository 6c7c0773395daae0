/**
 * Runs operators by hand: elements go in one by one, and what leaves each output is written down. State lives in the
 * runtime's heap backend, so that `restart` goes through the bytes of a real snapshot.
 */

import { keyGroupRangeOf } from '../../runtime/state/key-group-range.ts'
import { createStageState, type StageState } from '../../runtime/state/store.ts'
import { Alarms } from '../../runtime/time/alarms.ts'
import { NodeInputs } from '../../runtime/time/node-inputs.ts'
import { Wakes } from '../../runtime/time/wakes.ts'
import { keyBatch } from '../../runtime/worker/key-batch.ts'
import { rowChain } from '../../runtime/worker/row-chain.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { StateChunk } from '../../topology/contract/stage.ts'
import { Batch, type BatchAttributes, type Element, MIN_WATERMARK_MS } from '../../topology/element.ts'
import { GraphBuilder, type Node } from '../../topology/graph.ts'
import { compile } from '../../topology/plan/compile.ts'
import { type AnyStream, type ElementOf, type Stream, streamOf } from '../../topology/stream.ts'
import type { Topology } from '../../topology/topology.ts'
import { ManualClock } from './manual-clock.ts'
import { recordingLogger } from './silent.ts'

export const KEY_GROUPS = 16

/** What a test looks at: one stream, or `{ out, …sides }`. */
export type Outputs = AnyStream | { readonly out: AnyStream }
type PortOf<O> = O extends AnyStream ? 'out' : keyof O & string
type RowOf<O, P> = O extends AnyStream ? ElementOf<O> : P extends keyof O ? ElementOf<O[P]> : never

export interface HarnessOptions {
  readonly clock?: ManualClock
  /** Which subtask runs here. @default 0 */
  readonly subtask?: number
  /** @default 1 */
  readonly parallelism?: number
  /** What it begins with: a snapshot of one subtask, or those of several put together. */
  readonly restored?: HarnessSnapshot
}

/** The operators that `build` puts behind a source of `T`. */
export async function harness<T, O extends Outputs>(
  build: (input: Stream<T>) => O,
  options: HarnessOptions = {},
): Promise<OperatorHarness<T, O>> {
  return open(() => dataflowOf(build, ['input']), options)
}

/** As `harness`, for operators of two inputs: rows go in by `left` and `right`. Watermarks meet as in the runtime. */
export async function harness2<L, R, O extends Outputs>(
  build: (left: Stream<L>, right: Stream<R>) => O,
  options: HarnessOptions = {},
): Promise<OperatorHarness<L, O, R>> {
  return open(() => dataflowOf(build, ['left', 'right']), options)
}

/** A whole job with one source; its outputs are what goes into its sinks, by table. */
export async function jobHarness<P extends string>(
  job: Topology,
  options: HarnessOptions = {},
): Promise<OperatorHarness<SourceRecord, { readonly out: AnyStream } & Record<P, Stream<any>>>> {
  const { nodes } = compile(job)
  const sinks = nodes.filter((node) => node.behaviour.type === 'sink')
  const outputs = new Map(
    sinks.map((node) => [String(node.parameters!['table']), place(node.inputs[0]!.node, node.inputs[0]!.port)]),
  )
  const source = nodes.find((node) => node.behaviour.type === 'source')!
  return open(() => ({ nodes: nodes.filter((node) => !sinks.includes(node)), sources: [source], outputs }), options)
}

async function open<T, O extends Outputs, R>(describe: () => Dataflow, options: HarnessOptions) {
  const run = new OperatorHarness<T, O, R>(describe, options, new Map())
  await run.open(options.restored)
  return run
}

interface Dataflow {
  readonly nodes: readonly Node[]
  readonly sources: readonly Node[]
  /** Output → the place it comes from. */
  readonly outputs: ReadonlyMap<string, string>
}

function dataflowOf(build: (...inputs: any[]) => Outputs, names: readonly string[]): Dataflow {
  const graph = new GraphBuilder()
  const sources = names.map((name) => {
    const behaviour = { type: 'source', source: { kind: 'topic', name } } as const
    return graph.add({ uid: name, kind: 'source', behaviour }, [])
  })
  const built = build(...sources.map((source) => streamOf<Stream<any>>(graph, source)))
  const streams = Object.entries<AnyStream>('origin' in built ? { out: built } : { ...built })
  const outputs = new Map(streams.map(([port, { origin }]) => [port, place(origin.node, origin.port)]))
  return { nodes: graph.nodes(), sources, outputs }
}

export interface HarnessSnapshot {
  readonly keyed: readonly StateChunk[]
  readonly split: Awaited<ReturnType<StageState['startSnapshot']>>['split']
  readonly watermarksMs: ReadonlyMap<string, number>
}

type Handler = (element: Element, input: number) => void
type Reader = (element: Element) => void

/** Where elements go in. */
abstract class HarnessInput<T> {
  abstract send(element: Element): this

  /** Sends rows in one batch. */
  batch(rows: readonly T[], attributes: BatchAttributes = {}): this {
    return this.send(new Batch(rows, attributes))
  }

  /** Sends rows with their event times, `[row, timestampMs]`. */
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
}

class SideInput<T> extends HarnessInput<T> {
  private readonly receive: (element: Element) => void

  constructor(receive: (element: Element) => void) {
    super()
    this.receive = receive
  }

  send(element: Element): this {
    this.receive(element)
    return this
  }
}

/** Itself its first input; of `harness2`, `left` and `right` are the two. */
export class OperatorHarness<T, O extends Outputs, R = never> extends HarnessInput<T> {
  readonly clock: ManualClock
  /** By name and labels, `records_quarantined_total{rule="json"}`: over all restarts. */
  readonly counters: Map<string, number>
  /** By name and labels: as they were set last in this run. */
  readonly gauges = new Map<string, number>()
  /** How far splits have come, as operators reported it. */
  readonly splitReports: (readonly [split: number, watermarkMs: number])[] = []
  private readonly describe: () => Dataflow
  private readonly options: HarnessOptions
  private readonly nodes: readonly Node[]
  private readonly sources: readonly Node[]
  private readonly outputs: ReadonlyMap<string, string>
  private readonly log = new Map<string, Element[]>()
  private readonly readers = new Map<string, Reader[]>()
  private readonly operators: Operator[] = []
  private readonly watermarksMs = new Map<string, number>()
  private state!: StageState
  private readonly wakes: Wakes
  private readonly alarms = new Alarms((atMs) => this.wakes.at(atMs))
  private holds: Promise<void>[] = []
  private isBusy = true
  /** What an operator has thrown when it was called between two elements. */
  private failure: { readonly error: unknown } | undefined

  constructor(describe: () => Dataflow, options: HarnessOptions, counters: Map<string, number>) {
    super()
    this.describe = describe
    this.clock = options.clock ?? new ManualClock()
    this.options = options
    this.wakes = new Wakes(this.clock)
    this.wakes.onDue = () => {
      if (this.isBusy) return
      try {
        this.wake()
      } catch (error) {
        // Whoever made it due, a timer or a promise, has nothing to do with it.
        this.failure ??= { error }
      }
    }
    this.counters = counters
    const { nodes, sources, outputs } = describe()
    this.nodes = nodes
    this.sources = sources
    this.outputs = outputs
  }

  async open(restored: HarnessSnapshot | undefined): Promise<void> {
    const { subtask = 0, parallelism = 1 } = this.options
    this.state = await createStageState({
      keyGroups: KEY_GROUPS,
      owned: keyGroupRangeOf(subtask, parallelism, KEY_GROUPS),
      restore: restored && { keyed: each(restored.keyed), split: restored.split },
    })
    for (const node of this.nodes) {
      if (this.sources.includes(node)) continue
      const handle = await this.handler(node)
      const restoredMs = restored?.watermarksMs.get(node.id) ?? MIN_WATERMARK_MS
      const merged = new NodeInputs(node.inputs.length, restoredMs, handle)
      for (const [index, input] of node.inputs.entries()) {
        this.read(place(input.node, input.port), (element) => merged.receive(element, index))
      }
    }
    for (const [port, origin] of this.outputs) {
      this.log.set(port, [])
      this.read(origin, (element) => this.log.get(port)!.push(element))
    }
    this.state.checkClaimed()
    this.isBusy = false
    this.wake()
  }

  /** The first input. */
  get left(): HarnessInput<T> {
    return this
  }

  /** The second input. */
  get right(): HarnessInput<R> {
    return new SideInput((element) => this.sendTo(1, element))
  }

  send(element: Element): this {
    this.sendTo(0, element)
    return this
  }

  private sendTo(input: number, element: Element): void {
    if (this.failure !== undefined) throw this.failure.error
    this.isBusy = true
    try {
      this.emit(place(this.sources[input]!, 'out'), element)
    } finally {
      this.isBusy = false
    }
    this.wake()
  }

  /**
   * Waits for operators that said they are full, or have something left to emit at the end.
   * @throws what an operator has thrown between two elements
   */
  async settled(): Promise<this> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure.error
      if (this.holds.length === 0) break
      const holds = this.holds
      this.holds = []
      await Promise.all(holds)
      this.wake()
    }
    return this
  }

  /** The outputs. */
  get ports(): readonly PortOf<O>[] {
    return [...this.outputs.keys()] as PortOf<O>[]
  }

  /** All rows that left an output so far. */
  rows(): RowOf<O, 'out'>[]
  rows<P extends PortOf<O>>(port: P): RowOf<O, P>[]
  rows(port = 'out' as PortOf<O>): unknown[] {
    return this.batches(port).flatMap((batch) => batch.values)
  }

  batches(port = 'out' as PortOf<O>): Batch[] {
    return this.elements(port).filter((element) => element.kind === 'batch')
  }

  /** Event times of all rows that left an output so far. */
  timestampsMs(port: PortOf<O> = 'out' as PortOf<O>): number[] {
    return this.batches(port).flatMap((batch) => [...(batch.timestampsMs ?? [])])
  }

  watermarks(port: PortOf<O> = 'out' as PortOf<O>): number[] {
    return this.elements(port).flatMap((element) => (element.kind === 'watermark' ? [element.timestampMs] : []))
  }

  elements(port: PortOf<O> = 'out' as PortOf<O>): readonly Element[] {
    return this.log.get(port)!
  }

  counter(name: string): number {
    return this.counters.get(name) ?? 0
  }

  /** A barrier, a crash behind it, and a restore from the checkpoint: a new run that has read nothing yet. */
  async restart(): Promise<OperatorHarness<T, O, R>> {
    const snapshot = await this.snapshot()
    this.wakes.close()
    for (const operator of this.operators) operator.close?.()
    const next = new OperatorHarness<T, O, R>(this.describe, { ...this.options, clock: this.clock }, this.counters)
    await next.open(snapshot)
    return next
  }

  /** What a checkpoint taken now holds, as it comes back from disk. */
  async snapshot(): Promise<HarnessSnapshot> {
    const snapshot = this.state.startSnapshot()
    const keyed = await snapshot.encode(({ bytes, ...description }) => ({
      ...(JSON.parse(JSON.stringify(description)) as typeof description),
      bytes: bytes.slice(),
    }))
    return { keyed, split: JSON.parse(JSON.stringify(snapshot.split)), watermarksMs: new Map(this.watermarksMs) }
  }

  private wake(): void {
    while (this.wakes.isDue) this.alarms.ring(this.wakes.take())
  }

  private emit(origin: string, element: Element): void {
    for (const handle of this.readers.get(origin) ?? []) handle(element)
  }

  private read(origin: string, handle: Reader): void {
    const readers = this.readers.get(origin)
    if (readers === undefined) this.readers.set(origin, [handle])
    else readers.push(handle)
  }

  private async handler(node: Node): Promise<Handler> {
    const out = place(node, 'out')
    const { behaviour } = node
    switch (behaviour.type) {
      case 'row': {
        const apply = await rowChain([node])
        return (element) => {
          const applied = element.kind === 'batch' ? apply(element) : element
          if (applied.kind !== 'batch' || applied.length > 0) this.emit(out, applied)
        }
      }
      case 'key':
        return (element) =>
          this.emit(out, element.kind === 'batch' ? keyBatch(element, behaviour, KEY_GROUPS, node.id) : element)
      case 'union':
      case 'exchange':
        return (element) => this.emit(out, element)
      case 'operator':
        return this.operatorHandler(node, behaviour.create)
      default:
        throw new Error(`${node.id}: a ${behaviour.type} has no place in this harness`)
    }
  }

  private operatorHandler(node: Node, create: (context: OperatorContext) => Operator): Handler {
    const forward = (element: Element) => {
      if (element.kind === 'watermark' && Number.isFinite(element.timestampMs)) {
        this.watermarksMs.set(node.id, element.timestampMs)
      }
      for (const port of ['out', ...(node.sideOutputs ?? [])]) this.emit(place(node, port), element)
    }
    const wake = this.alarms.add((nowMs) => operator.onWake?.(nowMs))
    const operator: Operator = create({
      uid: node.id,
      subtask: this.options.subtask ?? 0,
      parallelism: this.options.parallelism ?? 1,
      keyGroups: KEY_GROUPS,
      state: this.state.of(node.id),
      clock: this.clock,
      logger: recordingLogger(),
      metrics: {
        counter: (name, labels = {}) => ({ add: (count) => this.count(name, labels, count) }),
        gauge: (name, labels = {}) => ({ set: (value) => this.gauges.set(seriesOf(name, labels), value) }),
        histogram: () => ({ observe() {} }),
        timed: (_name, _labels, fn) => fn(),
      },
      emit: (port, batch) => batch.length > 0 && this.emit(place(node, port), batch),
      emitWatermark: forward,
      emitIdle: forward,
      reportSplit: (split, watermarkMs) => this.splitReports.push([split, watermarkMs]),
      wake: (atMs = Number.NEGATIVE_INFINITY) => wake(atMs),
      hold: (until) => this.holds.push(until),
    })
    this.operators.push(operator)
    return (element, input) => {
      if (element.kind === 'batch') return operator.onBatch(element, input)
      let forwarded: Element | undefined = element
      if (element.kind === 'watermark' && operator.onWatermark) forwarded = operator.onWatermark(element)
      if (element.kind === 'idle' && operator.onIdle) forwarded = operator.onIdle(element)
      const rest = element.kind === 'end' ? operator.onEnd?.(element) : undefined
      if (rest !== undefined) this.holds.push(rest.then(() => forward(element)))
      else if (forwarded !== undefined) forward(forwarded)
    }
  }

  private count(name: string, labels: Readonly<Record<string, string>>, count: number): void {
    const series = seriesOf(name, labels)
    this.counters.set(series, this.counter(series) + count)
  }
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return text.length === 0 ? name : `${name}{${text.join(',')}}`
}

function place(node: Node, port: string): string {
  return `${node.id}/${port}`
}

async function* each<V>(values: readonly V[]): AsyncIterable<V> {
  yield* values
}
