/** What a stage tells a host of itself: enough to wire it to the stages before and behind it. */
import type { Json } from '../../topology/json.ts'
import { describeNode } from '../../topology/plan/fingerprint.ts'
import type { ExchangeEdge, Plan, StagePlan } from '../../topology/plan/plan.ts'

export function describeStage(plan: Plan, stage: StagePlan): Json {
  return {
    job: plan.job,
    fingerprint: plan.fingerprint,
    keyGroups: plan.keyGroups,
    stage: {
      id: stage.id,
      parallelism: stage.parallelism,
      source: stage.source?.id ?? null,
      nodes: stage.nodes.map(describeNode),
      inputs: stage.inputs.map((edge) => ({ input: edge.stageInput, ...describeEdge(edge) })),
      outputs: stage.outputs.map((edge) => ({ output: edge.output, ...describeEdge(edge) })),
    },
  }
}

function describeEdge({ fromStage, from, port, toStage, to, input, partitioning }: ExchangeEdge): Record<string, Json> {
  const { behaviour } = from
  const key = behaviour.type === 'key' && 'fields' in behaviour ? behaviour.fields : null
  return {
    from: { stage: fromStage, node: from.id, port },
    to: { stage: toStage, node: to.id, input },
    partitioning,
    ...(partitioning === 'hash' ? { key } : {}),
  }
}
