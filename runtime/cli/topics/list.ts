/** `runtime topics list`: topics, partitions and offsets. */
import { optionText } from '../../config/topic-option.ts'
import type { CommandContext } from '../command-context.ts'
import { ExitCode } from '../exit-code.ts'
import { textTable } from '../text-table.ts'
import { formatBytes, formatCount } from '../units.ts'
import { jsonOf } from './topic-text.ts'

export async function run(context: CommandContext): Promise<number> {
  const topics = await (await context.openTopics({ mustExist: true })).describeTopics()
  if (context.format === 'json') {
    context.printJson(topics.map(jsonOf))
  } else if (topics.length === 0) {
    context.print('There are no topics yet: `runtime publish TOPIC FILE.jsonl` makes one.')
  } else {
    const rows = topics.flatMap(({ topic, partitions, retentionMs }) =>
      partitions.map(({ partition, earliestOffset, latestOffset, sizeBytes }) => [
        topic,
        String(partition),
        String(earliestOffset),
        String(latestOffset),
        formatCount(latestOffset - earliestOffset),
        sizeBytes === undefined ? '' : formatBytes(sizeBytes),
        optionText('retentionMs', retentionMs),
      ]),
    )
    const head = ['topic', 'partition', 'earliest', 'latest', 'records', 'size', 'kept']
    context.print(textTable(head, rows, { alignRight: new Set([1, 2, 3, 4, 5]) }))
  }
  return ExitCode.ok
}
