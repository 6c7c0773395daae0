/** What each kind of node does with the elements that reach it. */
import type { Subject } from 'rxjs'
import type { Operator } from '../../topology/contract/operator.ts'
import type { SinkWriter } from '../../topology/contract/sink.ts'
import type { StageHost } from '../../topology/contract/stage.ts'
import type { Batch, Element, Watermark } from '../../topology/element.ts'
import type { Behaviour, Node, NodeInput } from '../../topology/graph.ts'
import type { StageState } from '../state/store.ts'
import type { Alarms } from '../time/alarms.ts'
import { keyBatch } from './key-batch.ts'
import type { NodeMeter } from './node-meter.ts'
import { rowChain } from './row-chain.ts'
import { SmallBatches } from './small-batches.ts'

export type Handler = (element: Element, input: number) => void

/** The inside of a stage, as its nodes use it. */
export interface StageInterior {
  readonly host: StageHost
  readonly state: StageState
  readonly operators: Operator[]
  readonly alarms: Alarms
  /** By sink uid. */
  readonly writers: Map<string, SinkWriter>
  readonly sinkWatermarksMs: Map<string, number | null>
  /** What nodes hold back for larger batches, in the order of the nodes. */
  readonly smallBatches: SmallBatches[]
  port(node: Node, name: string): Subject<Element>
  hasReader(output: NodeInput): boolean
  meter(node: Node): NodeMeter
  waitFor(full: Promise<void>): void
}

/** The handler of a run of row nodes, or of one node of another kind. */
export async function createHandler(run: readonly Node[], stage: StageInterior): Promise<Handler> {
  const node = run[0]!
  const { behaviour } = node
  switch (behaviour.type) {
    case 'row':
      return rowHandler(run, stage)
    case 'key': {
      const { keyGroups } = stage.host
      return batchHandler(node, stage, (batch) => keyBatch(batch, behaviour, keyGroups, node.id))
    }
    case 'union':
    case 'exchange':
      return batchHandler(node, stage, (batch) => batch)
    case 'sink':
      return sinkHandler(node, stage)
    case 'operator':
      return operatorHandler(node, behaviour, stage)
    case 'source':
      throw new Error(`source ${node.id} inside a stage`)
  }
}

/** Of row functions. Rows that are few, since others were left out, wait for more. */
async function rowHandler(run: readonly Node[], stage: StageInterior): Promise<Handler> {
  const node = run.at(-1)!
  const out = stage.port(node, 'out')
  const meter = stage.meter(node)
  const apply = await rowChain(run)
  const small = new SmallBatches((batch) => {
    meter.sent(batch.length)
    out.next(batch)
  })
  stage.smallBatches.push(small)
  return (element) => {
    if (element.kind === 'batch') {
      meter.received(element.length)
      small.add(apply(element))
      return
    }
    small.flush()
    passControl(element, meter, out)
  }
}

/** Of what looks at batches only. */
function batchHandler(node: Node, stage: StageInterior, apply: (batch: Batch) => Batch): Handler {
  const out = stage.port(node, 'out')
  const meter = stage.meter(node)
  return (element) => {
    if (element.kind !== 'batch') {
      passControl(element, meter, out)
      return
    }
    meter.received(element.length)
    const batch = apply(element)
    meter.sent(batch.length)
    if (batch.length > 0) out.next(batch)
  }
}

function passControl(element: Exclude<Element, Batch>, meter: NodeMeter, out: Subject<Element>): void {
  if (element.kind === 'watermark') {
    meter.receivedWatermark(element)
    meter.sentWatermark(element)
  }
  out.next(element)
}

async function sinkHandler(node: Node, stage: StageInterior): Promise<Handler> {
  const meter = stage.meter(node)
  const writer = await stage.host.openWriter(node.id)
  stage.writers.set(node.id, writer)
  stage.sinkWatermarksMs.set(node.id, null)
  return (element) => {
    if (element.kind === 'batch') {
      meter.received(element.length)
      const full = writer.write(element)
      if (full !== undefined) stage.waitFor(full)
    } else if (element.kind === 'watermark' && Number.isFinite(element.timestampMs)) {
      meter.receivedWatermark(element)
      meter.sentWatermark(element)
      stage.sinkWatermarksMs.set(node.id, element.timestampMs)
    } else if (element.kind === 'idle' && stage.sinkWatermarksMs.get(node.id) === null) {
      stage.sinkWatermarksMs.delete(node.id)
    }
  }
}

function operatorHandler(
  node: Node,
  { create }: Extract<Behaviour, { type: 'operator' }>,
  stage: StageInterior,
): Handler {
  const { host } = stage
  const meter = stage.meter(node)
  const ports = new Map(['out', ...(node.sideOutputs ?? [])].map((port) => [port, stage.port(node, port)]))
  const forward = (element: Element) => {
    for (const port of ports.values()) port.next(element)
  }
  const emitsTo = new Map(Object.entries(node.emitsTo ?? {}))
  const others = new Map(Array.from(emitsTo, ([name, { node: other, port }]) => [name, stage.port(other, port)]))
  const emitWatermark = (watermark: Watermark) => {
    meter.sentWatermark(watermark)
    forward(watermark)
  }
  const wake = stage.alarms.add((nowMs) => operator.onWake?.(nowMs))
  const operator: Operator = create({
    uid: node.id,
    subtask: host.subtask,
    parallelism: host.parallelism,
    keyGroups: host.keyGroups,
    state: stage.state.of(node.id),
    clock: host.clock,
    logger: host.logger.child({ uid: node.id }),
    metrics: host.metrics(node.id),
    serdes: host.serdes,
    emit: (port, batch) => {
      if (batch.length === 0) return
      meter.sent(batch.length)
      ;(ports.get(port) ?? others.get(port)!).next(batch)
    },
    hasReader: (port) => stage.hasReader(emitsTo.get(port) ?? { node, port }),
    emitWatermark,
    emitIdle: forward,
    reportSplit: (split, watermarkMs) => host.reportSplit(split, watermarkMs),
    wake: (atMs = Number.NEGATIVE_INFINITY) => wake(atMs),
    hold: (until) => stage.waitFor(until),
  })
  stage.operators.push(operator)
  return (element, input) => {
    switch (element.kind) {
      case 'batch':
        meter.received(element.length)
        operator.onBatch(element, input)
        break
      case 'watermark': {
        meter.receivedWatermark(element)
        const watermark = operator.onWatermark === undefined ? element : operator.onWatermark(element)
        if (watermark !== undefined) emitWatermark(watermark)
        break
      }
      case 'idle': {
        const idle = operator.onIdle === undefined ? element : operator.onIdle(element)
        if (idle !== undefined) forward(idle)
        break
      }
      case 'end': {
        const rest = operator.onEnd?.(element)
        if (rest === undefined) forward(element)
        else stage.waitFor(rest.then(() => forward(element)))
        break
      }
      case 'barrier':
        throw new Error('a barrier reached an operator: the host takes snapshots')
    }
  }
}
