/**
 * A stage in this process: the nodes of a stage plan wired by RxJS, one Observable per output port, through which
 * batches and control elements fall synchronously. Nothing in here buffers.
 */
import { Subject } from 'rxjs'
import type { Operator } from '../../topology/contract/operator.ts'
import type { Committable, SinkWriter } from '../../topology/contract/sink.ts'
import type { Stage, StageHost, StageRestore, StageSnapshot } from '../../topology/contract/stage.ts'
import {
  type Batch,
  type Element,
  type EndOfInput,
  type Idle,
  MIN_WATERMARK_MS,
  type Watermark,
} from '../../topology/element.ts'
import type { Node } from '../../topology/graph.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import { createStageState, type StageState, type StageStateSnapshot } from '../state/store.ts'
import { keyBatch } from './key-batch.ts'
import { NodeInputs } from './node-inputs.ts'
import { NodeMeter } from './node-meter.ts'
import { rowChain } from './row-chain.ts'

/** What one node does with what reaches it. */
type Handler = (element: Element, input: number) => void

export class ChainStage implements Stage {
  readonly id: string
  private readonly plan: StagePlan
  private readonly ports = new Map<string, Subject<Element>>()
  private readonly inputs: Subject<Element>[] = []
  private readonly operators: Operator[] = []
  private readonly writers = new Map<string, SinkWriter>()
  private readonly sinkWatermarks = new Map<string, number>()
  private readonly meters = new Map<string, NodeMeter>()
  private snapshotting: StageStateSnapshot | undefined
  private sourceMeter: NodeMeter | undefined
  private state!: StageState
  private host!: StageHost
  private pending: Promise<void>[] = []
  private failure: unknown
  private watermarkMs = MIN_WATERMARK_MS

  constructor(plan: StagePlan) {
    this.id = plan.id
    this.plan = plan
  }

  async open(host: StageHost, restore: StageRestore | undefined): Promise<void> {
    this.host = host
    this.state = await createStageState({ keyGroups: host.keyGroups, restore })
    this.watermarkMs = restore?.watermarkMs ?? MIN_WATERMARK_MS
    for (const input of this.plan.inputs) this.inputs[input.stageInput] = new Subject()
    if (this.plan.source !== undefined) {
      this.inputs[0] = this.port(this.plan.source, 'out')
      this.sourceMeter = this.meter(this.plan.source)
    }
    const chained = new Set<Node>()
    for (const node of this.plan.nodes) {
      if (node === this.plan.source || chained.has(node)) continue
      const run = node.behaviour.type === 'row' ? this.rowRun(node) : [node]
      for (const member of run) chained.add(member)
      await this.connect(run)
    }
    this.state.checkClaimed()
    for (const output of this.plan.outputs) {
      this.subscribe(this.port(output.from, output.port), (element) => host.emit(output.output, element), 0)
    }
  }

  onBatch(input: number, batch: Batch): void | Promise<void> {
    this.sourceMeter?.sent(batch.length)
    return this.send(input, batch)
  }

  onWatermark(input: number, watermark: Watermark): void | Promise<void> {
    if (watermark.split === undefined && Number.isFinite(watermark.timestampMs)) {
      this.watermarkMs = Math.max(this.watermarkMs, watermark.timestampMs)
    }
    return this.send(input, watermark)
  }

  onIdle(input: number, idle: Idle): void {
    this.send(input, idle)
  }

  onEnd(input: number, end: EndOfInput): void | Promise<void> {
    return this.send(input, end)
  }

  async snapshot(checkpointId: bigint): Promise<StageSnapshot> {
    // The cut: everything up to the first await happens before another element can arrive.
    const state = this.state.startSnapshot()
    this.snapshotting = state
    const prepared = [...this.writers].map(
      async ([uid, writer]) => [uid, await writer.prepareCommit(checkpointId)] as const,
    )
    const sinkWatermarksMs = Object.fromEntries(this.sinkWatermarks)
    const watermarkMs = Number.isFinite(this.watermarkMs) ? this.watermarkMs : null
    const [keyed, committables] = await Promise.all([
      state.encode((chunk) => this.host.store(chunk)),
      Promise.all(prepared),
    ])
    return {
      keyed,
      split: state.split,
      committables: Object.fromEntries<readonly Committable[]>(committables),
      sinkWatermarksMs,
      watermarkMs,
    }
  }

  complete(_checkpointId: bigint): void {}

  abort(_checkpointId: bigint): void {
    this.snapshotting?.abort()
  }

  async close(): Promise<void> {
    this.snapshotting?.abort()
    for (const operator of this.operators) operator.close?.()
    await Promise.all([...this.writers.values()].map((writer) => writer.close()))
  }

  /** Rows in and out of each node so far, by node id. */
  progress(): ReadonlyMap<string, NodeMeter> {
    return this.meters
  }

  private send(input: number, element: Element): void | Promise<void> {
    this.inputs[input]!.next(element)
    // Subscribers must not throw into RxJS, which would report it to nobody: they leave the error here.
    if (this.failure !== undefined) throw this.failure
    if (this.pending.length === 0) return undefined
    const waiting = this.pending
    this.pending = []
    return waiting.length === 1 ? waiting[0] : Promise.all(waiting).then(() => undefined)
  }

  private port(node: Node, name: string): Subject<Element> {
    const key = `${node.id}/${name}`
    let subject = this.ports.get(key)
    if (subject === undefined) {
      subject = new Subject()
      this.ports.set(key, subject)
    }
    return subject
  }

  private subscribe(subject: Subject<Element>, handler: Handler, input: number): void {
    subject.subscribe((element) => {
      if (this.failure !== undefined) return
      try {
        handler(element, input)
      } catch (error) {
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
    const handler = await this.handler(run)
    const merged = new NodeInputs(first.inputs.length, this.watermarkMs, handler)
    for (const [index, input] of first.inputs.entries()) {
      const crossing = this.plan.inputs.find((edge) => edge.to === first && edge.input === index)
      const subject = crossing === undefined ? this.port(input.node, input.port) : this.inputs[crossing.stageInput]!
      this.subscribe(subject, (element) => merged.receive(element, index), index)
    }
  }

  private async handler(run: readonly Node[]): Promise<Handler> {
    const node = run[0]!
    const out = this.port(run.at(-1)!, 'out')
    const meter = this.meter(run.at(-1)!)
    const { behaviour } = node
    switch (behaviour.type) {
      case 'row': {
        const apply = await rowChain(run)
        return (element) => {
          if (element.kind !== 'batch') return out.next(element)
          meter.received(element.length)
          const batch = apply(element)
          meter.sent(batch.length)
          if (batch.length > 0) out.next(batch)
        }
      }
      case 'key':
        return (element) =>
          out.next(element.kind === 'batch' ? keyBatch(element, behaviour, this.host.keyGroups, node.id) : element)
      case 'union':
        return (element) => out.next(element)
      case 'sink':
        return this.sink(node, meter)
      case 'operator':
        return this.operator(node, behaviour.create, meter)
      case 'source':
        throw new Error(`source ${node.id} inside a stage`)
    }
  }

  private async sink(node: Node, meter: NodeMeter): Promise<Handler> {
    const writer = await this.host.openWriter(node.id)
    this.writers.set(node.id, writer)
    return (element) => {
      if (element.kind === 'batch') {
        meter.received(element.length)
        const full = writer.write(element)
        if (full !== undefined) this.pending.push(full)
      } else if (element.kind === 'watermark' && Number.isFinite(element.timestampMs)) {
        this.sinkWatermarks.set(node.id, element.timestampMs)
      }
    }
  }

  private operator(
    node: Node,
    create: Extract<Node['behaviour'], { type: 'operator' }>['create'],
    meter: NodeMeter,
  ): Handler {
    const ports = new Map(['out', ...(node.sideOutputs ?? [])].map((port) => [port, this.port(node, port)]))
    const forward = (element: Element) => {
      for (const port of ports.values()) port.next(element)
    }
    const emitWatermark = (watermark: Watermark) => {
      meter.watermark(watermark.timestampMs)
      forward(watermark)
    }
    const operator = create({
      uid: node.id,
      subtask: this.host.subtask,
      parallelism: this.host.parallelism,
      keyGroups: this.host.keyGroups,
      state: this.state.of(node.id),
      clock: this.host.clock,
      logger: this.host.logger.child({ uid: node.id }),
      metrics: this.host.metrics(node.id),
      emit: (port, batch) => {
        if (batch.length === 0) return
        meter.sent(batch.length)
        ports.get(port)!.next(batch)
      },
      emitWatermark,
    })
    this.operators.push(operator)
    return (element, input) => {
      switch (element.kind) {
        case 'batch':
          meter.received(element.length)
          operator.onBatch(element, input)
          break
        case 'watermark': {
          const watermark = operator.onWatermark === undefined ? element : operator.onWatermark(element)
          if (watermark !== undefined) emitWatermark(watermark)
          break
        }
        case 'idle': {
          const idle = operator.onIdle === undefined ? element : operator.onIdle(element)
          if (idle !== undefined) forward(idle)
          break
        }
        case 'end':
          operator.onEnd?.(element)
          forward(element)
          break
        case 'barrier':
          throw new Error('a barrier reached an operator: the host takes snapshots')
      }
    }
  }

  private meter(node: Node): NodeMeter {
    const meter = new NodeMeter(this.host.metrics(node.id))
    this.meters.set(node.id, meter)
    return meter
  }
}
