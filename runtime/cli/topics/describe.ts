/** `runtime topics describe`: one topic, or those of a job with what differs from their declarations. */
import type { TopicDescription } from '../../../topology/contract/topic.ts'
import type { TopicReference } from '../../../topology/topic.ts'
import { topicDrift } from '../../../topology/topic-drift.ts'
import { optionText } from '../../config/topic-option.ts'
import type { CommandContext } from '../command-context.ts'
import { ExitCode } from '../exit-code.ts'
import { textTable } from '../text-table.ts'
import { formatBytes, formatCount } from '../units.ts'
import { declaredTopics, describedTopics, topicNotFound } from './declared-topics.ts'
import { driftTable, jsonOf } from './topic-text.ts'

export async function run(context: CommandContext): Promise<number> {
  const declared = await declaredTopics(context)
  const system = await context.openTopics({ mustExist: true })
  const there = await describedTopics(system, declared)
  if (there.size === 0 && declared.length === 1) throw await topicNotFound(system, declared[0]!.name)
  const topics = declared.map((each) => ({ ...each, description: there.get(each.name) }))
  if (context.format === 'json') context.printJson(topics.map(topicJson))
  else context.print(topics.map(topicText).join('\n'))
  return ExitCode.ok
}

interface DescribedTopic extends TopicReference {
  readonly description: TopicDescription | undefined
}

function topicJson({ name, options, description }: DescribedTopic) {
  if (description === undefined) return { topic: name, exists: false, declared: options }
  return { ...jsonOf(description), exists: true, declared: options, drift: topicDrift(options, description) }
}

function topicText({ name, options, description }: DescribedTopic): string {
  if (description === undefined) return `${name}: not there; \`runtime topics create\` makes it\n`
  const { partitions, retentionMs, cleanupPolicy, replicationFactor } = description
  const copies = replicationFactor === undefined ? '' : `, ${replicationFactor} copies`
  const kept = `kept ${optionText('retentionMs', retentionMs)} (${cleanupPolicy ?? 'delete'})`
  const rows = partitions.map(({ partition, earliestOffset, latestOffset, sizeBytes }) => [
    String(partition),
    String(earliestOffset),
    String(latestOffset),
    formatCount(latestOffset - earliestOffset),
    sizeBytes === undefined ? '' : formatBytes(sizeBytes),
  ])
  const head = ['partition', 'earliest', 'latest', 'records', 'size']
  const drift = topicDrift(options, description)
  return [
    `${name}: ${partitions.length} partitions${copies}, ${kept}\n`,
    textTable(head, rows, { alignRight: new Set([0, 1, 2, 3, 4]) }),
    ...(drift.length === 0 ? [] : [driftTable([{ topic: name, drift }])]),
  ].join('\n')
}
