/**
 * A stage in this process: the nodes of a stage plan wired by RxJS, one Observable per output port, through which
 * batches and control elements fall synchronously. Nothing in here buffers.
 */
import { Subject } from 'rxjs'
import type { Operator } from '../../topology/contract/operator.ts'
import type { SinkWriter } from '../../topology/contract/sink.ts'
import type { Stage, StageHost, StageRestore, StageSnapshot } from '../../topology/contract/stage.ts'
import {
  type Batch,
  type Element,
  type EndOfInput,
  type Idle,
  MIN_WATERMARK_MS,
  type Watermark,
} from '../../topology/element.ts'
import type { Node, NodeInput } from '../../topology/graph.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import { keyGroupRangeOf } from '../state/key-group-range.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { createStageState, type StageState, type StageStateSnapshot } from '../state/store.ts'
import { Alarms } from '../time/alarms.ts'
import { isOfSplit, NodeInputs } from '../time/node-inputs.ts'
import { createHandler, type Handler, type StageInterior } from './node-handlers.ts'
import { NodeMeter } from './node-meter.ts'
import { OutputLedger } from './output-ledger.ts'
import type { SmallBatches } from './small-batches.ts'

export class ChainStage implements Stage, StageInterior {
  readonly id: string
  readonly operators: Operator[] = []
  readonly writers = new Map<string, SinkWriter>()
  readonly sinkWatermarksMs = new Map<string, number | null>()
  readonly smallBatches: SmallBatches[] = []
  private readonly output = new OutputLedger()
  alarms!: Alarms
  state!: StageState
  host!: StageHost
  private readonly plan: StagePlan
  private readonly openState: OpenStateBackend | undefined
  private readonly ports = new Map<string, Subject<Element>>()
  private readonly inputs: Subject<Element>[] = []
  private readonly meters = new Map<string, NodeMeter>()
  private snapshotting: { readonly checkpointId: bigint; readonly state: StageStateSnapshot } | undefined
  private sourceMeter: NodeMeter | undefined
  private pending: Promise<void>[] = []
  private failure: unknown
  private watermarkMs = MIN_WATERMARK_MS
  /** Merges the watermarks of the inputs into that of the stage. */
  private merged!: NodeInputs

  constructor(plan: StagePlan, openState?: OpenStateBackend) {
    this.id = plan.id
    this.plan = plan
    this.openState = openState
  }

  async open(host: StageHost, restore: StageRestore | undefined): Promise<void> {
    this.host = host
    this.alarms = new Alarms((atMs) => host.wake(atMs))
    const { keyGroups, clock } = host
    const owned = keyGroupRangeOf(host.subtask, host.parallelism, keyGroups)
    this.state = await createStageState({ keyGroups, owned, clock, restore, openBackend: this.openState })
    this.watermarkMs = restore?.watermarkMs ?? MIN_WATERMARK_MS
    this.merged = new NodeInputs(Math.max(1, this.plan.inputs.length), this.watermarkMs, (element) => {
      if (element.kind !== 'watermark' || !Number.isFinite(element.timestampMs)) return
      this.watermarkMs = Math.max(this.watermarkMs, element.timestampMs)
    })
    for (const input of this.plan.inputs) this.inputs[input.stageInput] = new Subject()
    if (this.plan.source !== undefined) {
      this.inputs[0] = this.port(this.plan.source, 'out')
      this.inputs[1] = this.port(this.plan.source, 'poisoned')
      this.sourceMeter = this.meter(this.plan.source)
    }
    const chained = new Set<Node>()
    for (const node of this.plan.nodes) {
      if (node === this.plan.source || chained.has(node)) continue
      const run = node.behaviour.type === 'row' ? this.rowRun(node) : [node]
      for (const member of run) chained.add(member)
      await this.connect(run)
    }
    if (restore?.dropUnclaimed !== true) this.state.checkClaimed()
    for (const output of this.plan.outputs) {
      const send = (element: Element) => {
        if (!isOfSplit(element)) host.emit(output.output, element)
      }
      this.subscribe(this.port(output.from, output.port), send, 0)
    }
  }

  onBatch(input: number, batch: Batch): void | Promise<void> {
    this.sourceMeter?.received(batch.length)
    this.sourceMeter?.sent(batch.length)
    this.merged.receive(batch, input)
    return this.send(input, batch)
  }

  onWatermark(input: number, watermark: Watermark): void | Promise<void> {
    this.merged.receive(watermark, input)
    return this.send(input, watermark)
  }

  onIdle(input: number, idle: Idle): void {
    this.merged.receive(idle, input)
    // What a window closed by it has filled is waited for by the next call.
    this.pass(input, idle)
    this.rethrow()
  }

  onEnd(input: number, end: EndOfInput): void | Promise<void> {
    this.merged.receive(end, input)
    return this.send(input, end)
  }

  onQuiet(): void | Promise<void> {
    this.flush()
    return this.settled()
  }

  get isQuiet(): boolean {
    return this.failure === undefined && this.pending.length === 0 && this.smallBatches.every((small) => small.isEmpty)
  }

  onWake(nowMs: number): void | Promise<void> {
    try {
      this.alarms.ring(nowMs)
    } catch (error) {
      this.failure ??= error
    }
    return this.settled()
  }

  async snapshot(checkpointId: bigint): Promise<StageSnapshot> {
    // The cut: everything up to the first await happens before another element can arrive. What is held back belongs
    // before it; what that fills, or throws, is told by the next call.
    this.flush()
    this.snapshotting?.state.abort()
    const state = this.state.startSnapshot()
    this.snapshotting = { checkpointId, state }
    this.output.cut(checkpointId, this.writers)
    const sinkWatermarksMs = Object.fromEntries(this.sinkWatermarksMs)
    const watermarkMs = Number.isFinite(this.watermarkMs) ? this.watermarkMs : null
    const [keyed, output] = await Promise.all([
      state.encode((chunk) => this.host.store(chunk, checkpointId)),
      this.output.upTo(checkpointId),
    ])
    return { keyed, split: state.split, output, sinkWatermarksMs, watermarkMs }
  }

  complete(checkpointId: bigint): void {
    this.output.complete(checkpointId)
  }

  abort(checkpointId: bigint): void {
    // The barrier of the next one may be here already: barriers come from other tasks, and this from the coordinator.
    if (this.snapshotting?.checkpointId === checkpointId) this.snapshotting.state.abort()
  }

  async close(): Promise<void> {
    this.snapshotting?.state.abort()
    for (const operator of this.operators) operator.close?.()
    // Undefined when the stage could not be opened.
    await Promise.all([
      (this.state as StageState | undefined)?.close(),
      ...[...this.writers.values()].map((writer) => writer.close()),
    ])
  }

  /** Rows in and out of each node so far, by node id. */
  progress(): ReadonlyMap<string, NodeMeter> {
    return this.meters
  }

  /** A sink is full: the batch at hand counts as taken in once this resolves. */
  waitFor(full: Promise<void>): void {
    // Nobody waits for it when another node fails on this very batch, and then its failure must not end the process.
    full.catch(() => {})
    this.pending.push(full)
  }

  private pass(input: number, element: Element): void {
    this.inputs[input]!.next(element)
    // What a source says of time holds for its side output too.
    if (this.plan.source !== undefined && element.kind !== 'batch') this.inputs[1]!.next(element)
  }

  private send(input: number, element: Element): void | Promise<void> {
    this.pass(input, element)
    return this.settled()
  }

  /** Who is waited for may, by what it does then, fill others. @throws what a node has thrown */
  private settled(): void | Promise<void> {
    this.rethrow()
    if (this.pending.length === 0) return undefined
    const waiting = this.pending
    this.pending = []
    return Promise.all(waiting).then(() => this.settled())
  }

  private flush(): void {
    for (const small of this.smallBatches) small.flush()
  }

  private rethrow(): void {
    if (this.failure !== undefined) throw this.failure
  }

  port(node: Node, name: string): Subject<Element> {
    const key = `${node.id}/${name}`
    let subject = this.ports.get(key)
    if (subject === undefined) {
      subject = new Subject()
      this.ports.set(key, subject)
    }
    return subject
  }

  /** Inside the stage or beyond it. */
  hasReader({ node, port }: NodeInput): boolean {
    return [...this.plan.edges, ...this.plan.outputs].some((edge) => edge.from.id === node.id && edge.port === port)
  }

  private subscribe(subject: Subject<Element>, handler: Handler, input: number): void {
    subject.subscribe((element) => {
      if (this.failure !== undefined) return
      try {
        handler(element, input)
      } catch (error) {
        // Nothing must be thrown into RxJS, which would report it to nobody.
        this.failure = error
      }
    })
  }

  /** `first` and the row nodes behind it that nobody else reads from the middle of. */
  private rowRun(first: Node): Node[] {
    const run = [first]
    for (;;) {
      const last = run.at(-1)!
      const readers = this.plan.edges.filter((edge) => edge.from === last)
      const leaves = this.plan.outputs.some((edge) => edge.from === last)
      if (readers.length !== 1 || leaves || readers[0]!.to.behaviour.type !== 'row') return run
      run.push(readers[0]!.to)
    }
  }

  private async connect(run: readonly Node[]): Promise<void> {
    const first = run[0]!
    const handler = await createHandler(run, this)
    const merged = new NodeInputs(first.inputs.length, this.watermarkMs, handler)
    for (const [index, input] of first.inputs.entries()) {
      const crossing = this.plan.inputs.find((edge) => edge.to === first && edge.input === index)
      const subject = crossing === undefined ? this.port(input.node, input.port) : this.inputs[crossing.stageInput]!
      this.subscribe(subject, (element) => merged.receive(element, index), index)
    }
  }

  meter(node: Node): NodeMeter {
    const meter = new NodeMeter(this.host.metrics(node.id))
    this.meters.set(node.id, meter)
    return meter
  }
}
