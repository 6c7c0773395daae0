/** Lineage derived from the plan: which tables come from which topics, and which columns from which. */
import type { ColumnFlow, Node } from '../graph.ts'
import type { Plan } from './plan.ts'

/** Where a column of a sink comes from. */
export interface ColumnOrigin {
  readonly node: string
  /** Absent: the column is made by the node itself, or by a function that may read any column. */
  readonly column?: string
  /** A user's function lies between, so any column of the node may have a part in it. */
  readonly opaque: boolean
}

export interface SinkLineage {
  readonly sink: string
  /** Topics and other sources whose records can reach it. */
  readonly sources: readonly string[]
  /** Empty where the sink has no schema. */
  readonly columns: Readonly<Record<string, readonly ColumnOrigin[]>>
}

/** One entry per sink, in the plan's order. */
export function lineageOf(plan: Plan): readonly SinkLineage[] {
  return plan.nodes
    .filter((node) => node.behaviour.type === 'sink')
    .map((sink) => ({
      sink: sink.id,
      sources: sourcesOf(sink),
      columns: Object.fromEntries(
        (sink.fields ?? []).map((field) => [field.name, distinct(trace(sink, 'out', field.name))]),
      ),
    }))
}

function sourcesOf(node: Node): readonly string[] {
  if (node.behaviour.type === 'source') return [node.id]
  return [...new Set(node.inputs.flatMap((input) => sourcesOf(input.node)))]
}

/** Follows `column` of an output upstream, until a node makes it or hides where it came from. */
function trace(node: Node, port: string, column: string): readonly ColumnOrigin[] {
  const flow: ColumnFlow =
    node.columns?.[port] ?? (node.behaviour.type === 'operator' || node.behaviour.type === 'row' ? 'opaque' : 'same')
  if (node.behaviour.type === 'source') return [{ node: node.id, column, opaque: false }]
  if (flow === 'opaque')
    return node.inputs.flatMap((input) => sourcesOf(input.node)).map((source) => ({ node: source, opaque: true }))
  if (flow === 'same') return node.inputs.flatMap((input) => trace(input.node, input.port, column))
  const from = flow[column] ?? ('*' in flow ? [column] : [])
  // Made by the node: a clock's reading, a count, a rule's name.
  if (from.length === 0) return [{ node: node.id, opaque: false }]
  return from.flatMap((input) => node.inputs.flatMap((upstream) => trace(upstream.node, upstream.port, input)))
}

function distinct(origins: readonly ColumnOrigin[]): readonly ColumnOrigin[] {
  return [...new Map(origins.map((origin) => [JSON.stringify(origin), origin])).values()]
}
