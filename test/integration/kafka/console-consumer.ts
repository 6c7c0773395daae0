/** A topic as the broker's own console consumer prints it: an independent reader of committed records. */
import type { Broker } from './broker.ts'

export interface ConsoleRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
}

/** Where the broker listens inside its container. */
const INSIDE = 'localhost:19092'
/** The consumer ends when nothing has come for so long. */
const IDLE_MS = 6_000

/** All committed records of a topic, those of a partition in their order. Keys and values must be text of one line. */
export async function consumeByConsole({ container }: Broker, topic: string): Promise<readonly ConsoleRecord[]> {
  const printed = ['partition', 'offset', 'key'].flatMap((each) => ['--property', `print.${each}=true`])
  const { stdout } = await container.exec([
    ...['/opt/kafka/bin/kafka-console-consumer.sh', '--bootstrap-server', INSIDE, '--topic', topic],
    ...['--from-beginning', '--isolation-level', 'read_committed', '--timeout-ms', String(IDLE_MS), ...printed],
  ])
  return [...stdout.matchAll(/^Partition:(\d+)\tOffset:(\d+)\t(.*)\t(.*)$/gm)].map(
    ([, partition, offset, key, value]) => ({
      partition: Number(partition),
      offset: Number(offset),
      key: key!,
      value: value!,
    }),
  )
}
