/** A plan as people and programs read it: text, JSON, Mermaid. */

import type { Node } from '../graph.ts'
import type { Json } from '../json.ts'
import { describeNode } from './fingerprint.ts'
import { type ColumnOrigin, lineageOf } from './lineage.ts'
import type { Plan, StagePlan } from './plan.ts'

/**
 * Stages, what each runs, and where rows travel between them; then the lineage of every table.
 *
 * @example console.log(explainText(compile(job)))
 */
export function explainText(plan: Plan): string {
  const lines = [`job ${plan.job}`, `plan ${plan.fingerprint.slice(0, 16)}, ${plan.keyGroups} key groups`]
  for (const [index, stage] of plan.stages.entries()) lines.push('', ...stageText(stage, index + 1))
  lines.push('', 'lineage')
  for (const { sink, sources, columns } of lineageOf(plan)) {
    lines.push(`  ${sink} ← ${sources.join(', ')}`)
    for (const [column, origins] of Object.entries(columns))
      lines.push(`    ${column} ← ${origins.map(originText).join(', ')}`)
  }
  if (plan.warnings.length > 0) lines.push('', 'warnings', ...plan.warnings.map((warning) => `  ${warning}`))
  return `${lines.join('\n')}\n`
}

/** The whole plan as plain JSON. */
export function explainJson(plan: Plan): Json {
  return {
    job: plan.job,
    fingerprint: plan.fingerprint,
    keyGroups: plan.keyGroups,
    nodes: plan.nodes.map(describeNode),
    stages: plan.stages.map((stage) => ({
      id: stage.id,
      parallelism: stage.parallelism,
      nodes: stage.nodes.map((node) => node.id),
      outputs: stage.outputs.map((edge) => ({
        from: edge.from.id,
        port: edge.port,
        to: edge.to.id,
        stage: edge.toStage,
        partitioning: edge.partitioning,
      })),
    })),
    lineage: lineageOf(plan) as unknown as Json,
    warnings: plan.warnings,
  }
}

/** A Mermaid flowchart: a box per stage, an arrow per edge. */
export function explainMermaid(plan: Plan): string {
  const number = new Map(plan.nodes.map((node, index) => [node, `n${index}`]))
  const lines = ['flowchart LR']
  for (const [index, stage] of plan.stages.entries()) {
    lines.push(`  subgraph s${index}["stage ${index + 1} · parallelism ${stage.parallelism}"]`)
    for (const node of stage.nodes) lines.push(`    ${number.get(node)}${shape(node)}`)
    lines.push('  end')
  }
  for (const { from, to, port, partitioning } of plan.edges) {
    const label = [port === 'out' ? '' : port, partitioning === 'forward' ? '' : partitioning]
      .filter(Boolean)
      .join(' · ')
    lines.push(`  ${number.get(from)} -->${label === '' ? '' : `|${label}|`} ${number.get(to)}`)
  }
  return `${lines.join('\n')}\n`
}

function stageText(stage: StagePlan, number: number): string[] {
  const lines = [`stage ${number}: ${stage.id}, parallelism ${stage.parallelism}`]
  for (const node of stage.nodes) {
    const from = node.inputs.map(({ node: input, port }) => (port === 'out' ? input.id : `${input.id}.${port}`))
    const kind = node.id.startsWith(node.kind) ? '' : ` (${node.kind})`
    lines.push(`  ${node.id}${kind}${from.length > 0 ? ` ← ${from.join(', ')}` : ''}${node.stateful ? ' [state]' : ''}`)
  }
  for (const edge of stage.outputs) lines.push(`  ${edge.partitioning} → ${edge.to.id}`)
  return lines
}

function originText({ node, column, opaque }: ColumnOrigin): string {
  if (opaque) return `${node} (through a function)`
  return column === undefined ? `made by ${node}` : `${node}.${column}`
}

function shape(node: Node): string {
  const label = node.id.replaceAll('"', '#quot;')
  if (node.behaviour.type === 'source') return `(["${label}"])`
  return node.behaviour.type === 'sink' ? `[("${label}")]` : `["${label}"]`
}
