/**
 * A job as the kit runs it: the nodes of its plan, with an ear at every output and every state. What the nodes do is not
 * changed.
 */
import type { Operator, OperatorContext, OperatorFactory } from '../../topology/contract/operator.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { KeyedState, KeyedStateDescriptor, SplitStateHandle } from '../../topology/contract/state.ts'
import type { Element } from '../../topology/element.ts'
import type { Behaviour, Node, NodeInput } from '../../topology/graph.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { Topology } from '../../topology/topology.ts'
import { AssignedTime } from './assigned-time.ts'

/** Who is told. */
export interface Probe {
  /** An element has reached an output. */
  element(output: string, subtask: number, element: Element): void
  keyedState(uid: string, subtask: number, descriptor: KeyedStateDescriptor<unknown>, state: KeyedState<unknown>): void
  /** @returns what the operator works with in its place */
  splitState(uid: string, name: string, state: SplitStateHandle): SplitStateHandle
  /** What gives records their event time has been made. */
  assigner(uid: string, time: AssignedTime): void
}

/** The name of each output: a sink's, or `uid.port` of a side output that nobody reads. */
export function instrument({ job, nodes, edges }: Plan, probe: Probe): Topology {
  const instrumented = new Map<Node, Node>()
  const all: Node[] = []
  const add = (node: Node) => {
    all.push(Object.freeze(node))
    return node
  }
  const addSink = (output: string, input: NodeInput, node: Omit<Node, 'inputs'>) => {
    const tap = add({
      id: `tap(${output})`,
      kind: 'tap',
      ...(node.parallelism !== undefined && { parallelism: node.parallelism }),
      behaviour: { type: 'operator', create: (context) => tapOf(output, context, probe) },
      key: 'keeps',
      inputs: [input],
    })
    return add({ ...node, inputs: [{ node: tap, port: 'out' }] })
  }
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => ({ ...input, node: instrumented.get(input.node)! }))
    const { behaviour } = node
    if (behaviour.type === 'sink') addSink(behaviour.sink.name, inputs[0]!, node)
    else instrumented.set(node, add({ ...node, inputs, behaviour: heard(node, probe) }))
  }
  for (const node of nodes) {
    for (const port of node.behaviour.type === 'operator' ? (node.sideOutputs ?? []) : []) {
      if (edges.some((edge) => edge.from === node && edge.port === port)) continue
      const name = `${node.id}.${port}`
      addSink(name, { node: instrumented.get(node)!, port }, unreadSink(name, node.parallelism))
    }
  }
  return Object.freeze({ kind: 'topology' as const, name: job, nodes: all })
}

function tapOf(output: string, { subtask, emit }: OperatorContext, probe: Probe): Operator {
  const hear = <E extends Element>(element: E): E => {
    probe.element(output, subtask, element)
    return element
  }
  return {
    onBatch: (batch) => emit('out', hear(batch)),
    onWatermark: hear,
    onIdle: hear,
    onEnd: (end) => void hear(end),
  }
}

function unreadSink(name: string, parallelism: number | undefined): Omit<Node, 'inputs'> {
  const create = (): Sink => {
    throw new Error(`the kit writes ${name} itself`)
  }
  return {
    id: `sink(${name})`,
    kind: 'sink',
    behaviour: { type: 'sink', sink: { kind: 'custom', name, create } },
    ...(parallelism !== undefined && { parallelism }),
  }
}

function heard({ behaviour, time }: Node, probe: Probe): Behaviour {
  if (behaviour.type !== 'operator') return behaviour
  const create: OperatorFactory = (context) => behaviour.create(withHeardState(context, probe))
  return { type: 'operator', create: time === 'assigns' ? (context) => assigner(create, context, probe) : create }
}

function withHeardState(context: OperatorContext, probe: Probe): OperatorContext {
  const { uid, subtask, state } = context
  return {
    ...context,
    state: {
      keyed(descriptor) {
        const keyed = state.keyed(descriptor)
        // What follows from other state is no more a user's business than the order in which its keys lie.
        if (descriptor.derived !== true)
          probe.keyedState(uid, subtask, descriptor as KeyedStateDescriptor<unknown>, keyed as KeyedState<unknown>)
        return keyed
      },
      split: (name) => probe.splitState(uid, name, state.split(name)),
    },
  }
}

function assigner(create: OperatorFactory, context: OperatorContext, probe: Probe): Operator {
  const time = new AssignedTime(context)
  probe.assigner(context.uid, time)
  const operator = create({ ...context, emitWatermark: (watermark) => time.emit(watermark) })
  return time.of(operator)
}
