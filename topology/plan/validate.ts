/** What a graph must satisfy before it may run. Fails with the node's name and the mend. */
import { TopologyError } from '../errors.ts'
import type { Node, NodeInput } from '../graph.ts'
import type { Edge } from './plan.ts'
import { topicsOf } from './topics.ts'

/** Key groups travel as unsigned 16-bit numbers, and more would only make checkpoints larger. */
const MAX_KEY_GROUPS = 32_768

/**
 * Checks a pruned graph and returns warnings.
 *
 * @throws {TopologyError} `UNKEYED` (a keyed operator on an unkeyed stream), `NO_EVENT_TIME` (an operator that needs
 * event time where none was assigned on some path), `UPDATING_STREAM` (updates and deletes at a node that would take them
 * for new rows), `TOPIC_DECLARED_TWICE`, `PARALLELISM`.
 */
export function validate(
  nodes: readonly Node[],
  edges: readonly Edge[],
  { parallelism, keyGroups }: { readonly parallelism: number; readonly keyGroups: number },
): readonly string[] {
  checkCount('the number of key groups', keyGroups, MAX_KEY_GROUPS)
  for (const node of nodes) checkCount(`the parallelism of ${node.id}`, node.parallelism ?? parallelism, keyGroups)
  topicsOf(nodes)
  const keyed = new Set<Node>()
  const timed = new Set<Node>()
  const updating = new Set<Node>()
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => input.node)
    if (node.key === 'needs' && !inputs.every((input) => keyed.has(input))) {
      throw new TopologyError('UNKEYED', `${node.id} works per key, and its input ${names(inputs)} is not keyed`, {
        fix: "Put keyBy('field') before it.",
        details: { uid: node.id },
      })
    }
    if (node.key === 'gives' || node.behaviour.type === 'key') keyed.add(node)
    else if ((node.key === 'keeps' || node.key === 'needs') && inputs.every((input) => keyed.has(input)))
      keyed.add(node)
    if (node.time === 'needs' && !inputs.every((input) => timed.has(input))) {
      throw new TopologyError(
        'NO_EVENT_TIME',
        `${node.id} works in event time, and its input ${names(inputs)} has none`,
        {
          fix: "Put eventTime('field', { outOfOrderness: minutes(10) }) before it.",
          details: { uid: node.id },
        },
      )
    }
    if (updates(node, updating)) updating.add(node)
    if (node.time === 'assigns' || (inputs.length > 0 && inputs.every((input) => timed.has(input)))) timed.add(node)
  }
  return nodes.flatMap((node) =>
    (node.shouldConnect ?? [])
      .filter((port) => !edges.some((edge) => edge.from === node && edge.port === port))
      .map((port) => `${node.id}: its side output "${port}" goes nowhere; those records are counted and dropped.`),
  )
}

/**
 * Whether rows leave a node that are updated and deleted later.
 *
 * @throws {TopologyError} `UPDATING_STREAM` when such rows would reach a node that takes each for a new one
 */
function updates(node: Node, updating: ReadonlySet<Node>): boolean {
  const changes = node.changes ?? (keepsKinds(node) ? 'keeps' : undefined)
  if (changes === 'makes') return true
  // The side outputs of a node that makes changes are not changes themselves.
  const isUpdating = ({ node: from, port }: NodeInput) =>
    updating.has(from) && (port === 'out' || from.changes !== 'makes')
  const from = node.inputs.filter(isUpdating).map((input) => input.node)
  if (from.length === 0 || changes === 'takes') return false
  if (changes === 'keeps') return true
  throw new TopologyError(
    'UPDATING_STREAM',
    `${node.id} takes every row for a new one, and the rows of ${names(from)} are updated and deleted`,
    {
      fix: 'Put changes() before it: it makes each change a row of its own, with its kind as a column.',
      details: { uid: node.id },
    },
  )
}

/** Batches pass through these with their kinds; what deals them out anew would part a row from its changes. */
function keepsKinds({ behaviour }: Node): boolean {
  if (behaviour.type === 'exchange') return behaviour.partitioning === 'single'
  return behaviour.type === 'row' || behaviour.type === 'key' || behaviour.type === 'union'
}

function checkCount(what: string, count: number, limit: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= limit) return
  throw new TopologyError('PARALLELISM', `${what} can't be ${count}`, {
    fix: `It is a whole number from 1 to ${limit}; a subtask without a key group would have nothing to do.`,
  })
}

function names(nodes: readonly Node[]): string {
  return nodes.map((node) => node.id).join(', ')
}
