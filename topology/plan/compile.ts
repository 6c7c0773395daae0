/** From a topology to a plan: prune, validate, cut stages at exchanges, fingerprint. */
import type { Node } from '../graph.ts'
import { KEY_GROUPS_DEFAULT } from '../key.ts'
import type { Topology } from '../topology.ts'
import { fingerprint } from './fingerprint.ts'
import type { Edge, ExchangeEdge, Partitioning, Plan, StagePlan } from './plan.ts'
import { validate } from './validate.ts'

export interface CompileOptions {
  /** Subtasks of every node that does not say otherwise. @default 1 */
  readonly parallelism?: number
  /** Fixed at a job's first run. @default 128 */
  readonly keyGroups?: number
}

/**
 * Compiles a topology.
 *
 * @throws {TopologyError} when the graph can't run: see validate.ts.
 */
export function compile(topology: Topology, options: CompileOptions = {}): Plan {
  const parallelism = options.parallelism ?? 1
  const keyGroups = options.keyGroups ?? KEY_GROUPS_DEFAULT
  const nodes = reachable(topology.nodes)
  const edges = edgesOf(nodes, parallelism)
  const warnings = validate(nodes, edges, { parallelism, keyGroups })
  return Object.freeze({
    job: topology.name,
    parallelism,
    keyGroups,
    nodes,
    edges,
    stages: cutStages(nodes, edges, parallelism),
    fingerprint: fingerprint(topology.name, nodes, keyGroups),
    warnings,
  })
}

/** The nodes whose rows reach a sink; the others, such as a decode nobody reads, are not run. */
function reachable(nodes: readonly Node[]): readonly Node[] {
  const wanted = new Set<Node>()
  // Inputs come before what reads them, so one pass from the back sees every reader first.
  for (const node of nodes.toReversed()) {
    if (node.behaviour.type === 'sink') wanted.add(node)
    if (wanted.has(node)) for (const input of node.inputs) wanted.add(input.node)
  }
  return nodes.filter((node) => wanted.has(node))
}

function edgesOf(nodes: readonly Node[], parallelism: number): Edge[] {
  return nodes.flatMap((to) =>
    to.inputs.map(({ node: from, port }, input) => ({
      from,
      port,
      to,
      input,
      partitioning: partitioning(from, to, parallelism),
    })),
  )
}

function partitioning(from: Node, to: Node, parallelism: number): Partitioning {
  if (from.behaviour.type === 'key') return 'hash'
  if (from.behaviour.type === 'exchange') return from.behaviour.partitioning
  const width = to.parallelism ?? parallelism
  if ((from.parallelism ?? parallelism) === width) return 'forward'
  return width === 1 ? 'single' : 'rebalance'
}

/**
 * A node joins the stage of its inputs when all of them are forward edges from one stage, between nodes of which the job
 * says the same about parallelism; else it begins a stage. So a stage is a tree that one batch falls through without
 * waiting, and the cut stays the same at every parallelism that the job is run with.
 */
function cutStages(nodes: readonly Node[], edges: readonly Edge[], parallelism: number): StagePlan[] {
  const stageOf = new Map<Node, Node>()
  for (const node of nodes) {
    const incoming = edges.filter((edge) => edge.to === node)
    const roots = new Set(incoming.map((edge) => stageOf.get(edge.from)!))
    const joins =
      roots.size === 1 &&
      incoming.every((edge) => edge.partitioning === 'forward' && edge.from.parallelism === node.parallelism)
    stageOf.set(node, joins ? [...roots][0]! : node)
  }
  const roots = nodes.filter((node) => stageOf.get(node) === node)
  const members = (root: Node) => nodes.filter((node) => stageOf.get(node) === root)
  const id = (root: Node) => members(root).find((node) => node.uid !== undefined)?.id ?? root.id
  const crossing = edges.filter((edge) => stageOf.get(edge.from) !== stageOf.get(edge.to))
  const exchanges: ExchangeEdge[] = crossing.map((edge) => {
    const [fromRoot, toRoot] = [stageOf.get(edge.from)!, stageOf.get(edge.to)!]
    return {
      ...edge,
      fromStage: id(fromRoot),
      toStage: id(toRoot),
      output: crossing.filter((other) => stageOf.get(other.from) === fromRoot).indexOf(edge),
      stageInput: crossing.filter((other) => stageOf.get(other.to) === toRoot).indexOf(edge),
    }
  })
  return roots.map((root) => ({
    id: id(root),
    parallelism: root.parallelism ?? parallelism,
    nodes: members(root),
    edges: edges.filter((edge) => stageOf.get(edge.from) === root && stageOf.get(edge.to) === root),
    inputs: exchanges.filter((edge) => edge.toStage === id(root)),
    outputs: exchanges.filter((edge) => edge.fromStage === id(root)),
    source: root.behaviour.type === 'source' ? root : undefined,
  }))
}
