/** `runtime topics create`: makes topics as they are declared, and leaves those that are there as they are. */
import { topicDrift } from '../../../topology/topic-drift.ts'
import type { CommandContext } from '../command-context.ts'
import { ExitCode } from '../exit-code.ts'
import { declaredTopics, describedTopics } from './declared-topics.ts'
import { driftTable } from './topic-text.ts'

export async function run(context: CommandContext): Promise<number> {
  const declared = await declaredTopics(context)
  const system = await context.openTopics({ mustExist: false })
  const before = await describedTopics(system, declared)
  for (const { name, options } of declared) if (!before.has(name)) await system.ensureTopic(name, options)
  const topics = declared.map(({ name, options }) => {
    const there = before.get(name)
    return { topic: name, created: there === undefined, drift: there === undefined ? [] : topicDrift(options, there) }
  })
  if (context.format === 'json') context.printJson(topics)
  else {
    for (const { topic, created } of topics) context.print(`${topic} ${created ? 'is made' : 'is there already'}`)
    if (topics.some(({ drift }) => drift.length > 0)) {
      context.print(`\n${driftTable(topics)}\n\`runtime topics alter\` changes what differs.`)
    }
  }
  return ExitCode.ok
}
