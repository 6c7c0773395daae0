/** A compiled topology: stages cut at exchanges, ready for a runtime, and the same for every process that compiles it. */
import type { Node } from '../graph.ts'

/** How rows find the subtask that takes them. */
export type Partitioning = 'forward' | 'hash' | 'rebalance' | 'broadcast' | 'single'

export interface Edge {
  readonly from: Node
  readonly port: string
  readonly to: Node
  /** Which input of `to` it feeds. */
  readonly input: number
  readonly partitioning: Partitioning
}

/** An edge that leaves its stage: rows travel through channels. */
export interface ExchangeEdge extends Edge {
  readonly fromStage: string
  readonly toStage: string
  /** Position among the outputs of `fromStage`. */
  readonly output: number
  /** Position among the inputs of `toStage`. */
  readonly stageInput: number
}

/** What runs fused in one task: nodes in topological order and the edges among them. */
export interface StagePlan {
  readonly id: string
  readonly parallelism: number
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly inputs: readonly ExchangeEdge[]
  readonly outputs: readonly ExchangeEdge[]
  /** The stage's source node, when it begins with one. */
  readonly source: Node | undefined
}

export interface Plan {
  readonly job: string
  /** Subtasks of every node that does not say otherwise. */
  readonly parallelism: number
  readonly keyGroups: number
  /** Nodes from which a sink can be reached, in topological order. */
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  /** In topological order. */
  readonly stages: readonly StagePlan[]
  /** SHA-256 of the description: two processes that compute the same one run the same job. */
  readonly fingerprint: string
  /** What is allowed but deserves a look. */
  readonly warnings: readonly string[]
}
