/** `runtime topics alter`: shows what differs from the declarations, and changes it once that is agreed to. */
import { requireAlterable, topicDrift } from '../../../topology/topic-drift.ts'
import type { CommandContext } from '../command-context.ts'
import { confirmed } from '../confirmed.ts'
import { ExitCode } from '../exit-code.ts'
import { declaredTopics, describedTopics, topicNotFound } from './declared-topics.ts'
import { driftTable } from './topic-text.ts'

export async function run(context: CommandContext): Promise<number> {
  const declared = await declaredTopics(context)
  const system = await context.openTopics({ mustExist: true })
  const there = await describedTopics(system, declared)
  const missing = declared.find(({ name }) => !there.has(name))
  if (missing !== undefined) throw await topicNotFound(system, missing.name)
  const topics = declared.map(({ name, options }) => ({
    topic: name,
    options,
    drift: topicDrift(options, there.get(name)!),
  }))
  // All of them before the first is changed.
  for (const { topic, drift } of topics) requireAlterable(topic, drift)
  const differing = topics.filter(({ drift }) => drift.length > 0)
  const isText = context.format === 'text'
  if (isText && differing.length === 0) context.print('Nothing differs from what is declared.')
  if (isText && differing.length > 0) context.print(driftTable(differing))
  const agreed = differing.length > 0 && (context.has('yes') || (isText && (await confirmed(context, 'Change it?'))))
  if (agreed) for (const { topic, options } of differing) await system.alterTopic(topic, options)
  if (!isText)
    context.printJson(topics.map(({ topic, drift }) => ({ topic, drift, altered: agreed && drift.length > 0 })))
  else if (agreed) context.print(`${differing.map(({ topic }) => topic).join(', ')} changed`)
  else if (differing.length > 0) context.environment.stderr.write('Nothing was changed: --yes changes it.\n')
  return agreed || differing.length === 0 ? ExitCode.ok : ExitCode.failed
}
