/** A hash of what a plan says, equal wherever the same job module is built. */
import { createHash } from 'node:crypto'
import type { Node } from '../graph.ts'
import type { Json } from '../json.ts'

/** Hexadecimal SHA-256 over the canonical JSON of the graph. Functions are no part of it: they have no stable form. */
export function fingerprint(job: string, nodes: readonly Node[], keyGroups: number): string {
  const description = { job, keyGroups, nodes: nodes.map(describeNode) }
  return createHash('sha256').update(canonicalJson(description)).digest('hex')
}

/** The serialisable part of a node. */
export function describeNode(node: Node): Json {
  return {
    id: node.id,
    kind: node.kind,
    stateful: node.stateful ?? false,
    parameters: node.parameters ?? {},
    inputs: node.inputs.map((input) => ({ node: input.node.id, port: input.port })),
    sideOutputs: node.sideOutputs ?? [],
    fields: (node.fields ?? []) as unknown as Json,
    parallelism: node.parallelism ?? null,
  }
}

/** JSON with the keys of every object in order, so that equal values are equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
