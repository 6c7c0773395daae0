/** The node of a process function, of one input or two, and of what is broadcast to it. */
import { TopologyError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { fieldsOf } from '../../topology/schema/index.ts'
import { appendWithSides, type StreamHandle } from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import { type BroadcastPlan, createBroadcastProcess } from './broadcast/create-broadcast-process.ts'
import { createProcess, type ProcessPlan } from './create-process.ts'
import type { ProcessContext, SideDeclarations, StateDeclarations, StateDescriptor, Timer } from './process-context.ts'

/** What all process functions are told. `R` is the type of the rows that go out. */
export interface ProcessSettings<K, D, R, O, P> {
  /** Names the operator, and with it its state in checkpoints. */
  readonly name: string
  /**
   * What is kept per key.
   *
   * @default nothing
   */
  readonly state?: D
  /**
   * The schema of the rows that go out.
   *
   * @default rows are as they come in
   */
  readonly output?: O
  /**
   * Side outputs, by name: the schemas of their rows, for `emitTo`.
   *
   * @default none
   */
  readonly sides?: P
  /**
   * Called when a timer of a key has come due, with the state of that key: of event time in the order of the moments, before
   * the watermark goes on. A drain calls it for every event-time timer that is there; one that is set meanwhile stays.
   *
   * @default none: timers can't be set
   */
  readonly onTimer?: (timer: Timer, context: ProcessContext<K, D, R, P>) => void
}

/**
 * Checks what it is told, and then adds the node behind its inputs: returns its stream, or with side outputs all of them.
 *
 * @throws {TopologyError} `STATE_DECLARATION`, `SIDE_OUTPUT_COLLISION`; behind inputs `UNKEYED`, `JOIN_KEY`
 */
export function processNode(
  kind: string,
  settings: ProcessSettings<any, StateDeclarations, any, any, SideDeclarations>,
  onRecord: ProcessPlan['onRecord'],
  broadcast?: BroadcastPlan,
): (...inputs: readonly StreamHandle[]) => any {
  const { name, state = {}, output, sides = {}, onTimer } = settings
  const states = Object.values(state)
  const broadcastStates = Object.values(broadcast?.declarations ?? {})
  checkNames(name, [...states, ...broadcastStates])
  checkLasting(name, broadcastStates)
  if ('out' in sides) {
    throw new TopologyError('SIDE_OUTPUT_COLLISION', `${name} has a side output "out", as the main one is called`, {
      fix: 'Give it another name.',
      details: { uid: name },
    })
  }
  return (...inputs) => {
    // Which is broadcast, the last, has no key.
    const keyed = broadcast === undefined ? inputs : inputs.slice(0, -1)
    const by = keyed.map((input) => keyFieldsOf(input, kind))
    if (new Set(by.map((fields) => fields?.length ?? 1)).size > 1) {
      throw new TopologyError('JOIN_KEY', `${name}: its inputs are keyed by another number of fields`, {
        fix: 'Key both inputs by as many fields, in the order in which they are to be equal.',
        details: { uid: name },
      })
    }
    const sideOutputs = Object.keys(sides)
    const plan = { keyFields: by[0], state, sides: sideOutputs, onRecord, onTimer }
    const streams = appendWithSides<{ readonly out: StreamHandle }>(inputs, {
      uid: name,
      kind,
      parameters: {
        by: by.length === 1 ? (by[0] ?? 'function') : by.map((fields) => fields ?? 'function'),
        state: Object.fromEntries(states.map(describeState)),
        ...(broadcast !== undefined && { broadcast: Object.fromEntries(broadcastStates.map(describeState)) }),
      },
      behaviour: {
        type: 'operator',
        create: (context) =>
          broadcast === undefined ? createProcess(context, plan) : createBroadcastProcess(context, plan, broadcast),
      },
      sideOutputs,
      columns: { out: 'opaque' },
      ...(output !== undefined && { fields: fieldsOf(output) }),
      time: states.some(({ ttl }) => ttl?.time === 'event') ? 'needs' : 'ignores',
      ...(broadcast === undefined && { key: 'needs' }),
      stateful: true,
    })
    return sideOutputs.length === 0 ? streams.out : streams
  }
}

function describeState({ name, kind, codec: { name: form, version, layout }, ttl }: StateDescriptor): [string, Json] {
  const of = form === kind ? {} : { of: form }
  return [name, { kind, ...of, version, ...(layout !== undefined && { layout }), ...(ttl && { ttl: { ...ttl } }) }]
}

/** Checkpoints tell states apart by the name that each was declared with. */
function checkNames(uid: string, states: readonly StateDescriptor[]): void {
  const names = states.map((declared) => declared.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new TopologyError('STATE_DECLARATION', `${uid} declares two states with the name "${twice}"`, {
    fix: 'Give each state of an operator a name of its own, as in valueState("total", …).',
    details: { uid, state: twice },
  })
}

/** Broadcast state would have to expire in every subtask at the same record. */
function checkLasting(uid: string, states: readonly StateDescriptor[]): void {
  const expiring = states.find(({ ttl }) => ttl !== undefined)
  if (expiring === undefined) return
  throw new TopologyError('STATE_DECLARATION', `${uid}: broadcast state "${expiring.name}" can't expire`, {
    fix: 'Leave ttl out, and broadcast a record that says what is over.',
    details: { uid, state: expiring.name },
  })
}
