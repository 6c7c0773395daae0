/** What a graph must satisfy before it may run. Fails with the node's name and the mend. */
import { TopologyError } from '../errors.ts'
import type { Node } from '../graph.ts'
import type { Edge } from './plan.ts'

/**
 * Checks a pruned graph and returns warnings.
 *
 * @throws {TopologyError} `UNKEYED` (a keyed operator on an unkeyed stream), `NO_EVENT_TIME` (an operator that needs
 * event time where none was assigned on some path), `NO_SINK`, `PARALLELISM`.
 */
export function validate(
  nodes: readonly Node[],
  edges: readonly Edge[],
  { parallelism, keyGroups }: { readonly parallelism: number; readonly keyGroups: number },
): readonly string[] {
  for (const [name, value] of [['key groups', keyGroups], ...nodes.map((node) => [node.id, node.parallelism ?? parallelism])] as const) {
    if (!Number.isInteger(value) || value < 1 || value > (name === 'key groups' ? 32_768 : keyGroups)) {
      throw new TopologyError('PARALLELISM', `${name} can't be ${value}`, {
        fix: `Parallelism is a whole number from 1 to the job's key groups (${keyGroups}), key groups at most 32,768.`,
      })
    }
  }
  const keyed = new Set<Node>()
  const timed = new Set<Node>()
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => input.node)
    if (node.key === 'needs' && !inputs.every((input) => keyed.has(input))) {
      throw new TopologyError('UNKEYED', `${node.id} works per key, and its input ${names(inputs)} is not keyed`, {
        fix: "Put keyBy('field') before it.",
        details: { uid: node.id },
      })
    }
    if (node.key === 'gives' || node.behaviour.type === 'key') keyed.add(node)
    else if ((node.key === 'keeps' || node.key === 'needs') && inputs.every((input) => keyed.has(input))) keyed.add(node)
    if (node.time === 'needs' && !inputs.every((input) => timed.has(input))) {
      throw new TopologyError('NO_EVENT_TIME', `${node.id} works in event time, and its input ${names(inputs)} has none`, {
        fix: "Put eventTime('field', { outOfOrderness: minutes(10) }) before it.",
        details: { uid: node.id },
      })
    }
    if (node.time === 'assigns' || (inputs.length > 0 && inputs.every((input) => timed.has(input)))) timed.add(node)
  }
  return nodes.flatMap((node) =>
    (node.shouldConnect ?? [])
      .filter((port) => !edges.some((edge) => edge.from === node && edge.port === port))
      .map((port) => `${node.id}: its side output "${port}" goes nowhere; those records are counted and dropped.`),
  )
}

function names(nodes: readonly Node[]): string {
  return nodes.map((node) => node.id).join(', ')
}
