/** Every record of a topic, of whichever system, as a job would read it. */
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { recordingLogger, silentMetrics } from './silent.ts'

/** For records that a broker has and has not sent yet. */
const WAIT_MS = 1_000
const DEADLINE_MS = 30_000

/** What is in it now, split by split. */
export async function readTopic(system: TopicSystem, topic: string): Promise<readonly SourceRecord[]> {
  const context = { clock: systemClock, logger: recordingLogger(), metrics: silentMetrics }
  const source = system.source(topic)
  const splits = await source.discoverSplits({ until: 'latest' })
  const reader = source.createReader({ job: 'test', uid: 'test', subtask: 0, ...context })
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const records: SourceRecord[] = []
  while (!splits.every(({ id }) => reader.atEnd(id))) {
    const batch = await reader.poll(1_000)
    if (batch === undefined) await reader.wait(WAIT_MS, AbortSignal.timeout(DEADLINE_MS))
    else records.push(...batch.values)
  }
  await reader.close()
  await source.close()
  return records.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}
