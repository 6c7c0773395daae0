/** What was published for the medallion job, as the log and the shop tell it, for readers that are not ours. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Outcome } from '../../../jobs/medallion/simulator/variants.ts'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { configOf, publishedFile, TOPIC } from '../../support/medallion.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'

/** For records that a broker has and has not sent yet. */
const WAIT_MS = 1_000
const DEADLINE_MS = 30_000

interface Published {
  readonly outcome: Outcome
  /** Null for what is no event. */
  readonly event: { readonly event_id: string } | null
}

export function published(dataDir: string): readonly Published[] {
  const lines = readFileSync(publishedFile(dataDir), 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Published)
}

/** How many records the shop meant for each outcome. */
export function intended(dataDir: string): Record<Outcome, number> {
  const counts = { silver: 0, late: 0, duplicate: 0, expired: 0, quarantine: 0 }
  for (const { outcome } of published(dataDir)) counts[outcome]++
  return counts
}

/** `partition/offset hash` of every record in the topic, sorted. @param env where topics are, if not in the embedded log */
export async function recordsInTopic(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const context = { clock: systemClock, logger: recordingLogger() }
  const system = await openTopics(configOf(dataDir, env), context)
  const source = system.source(TOPIC)
  const splits = await source.discoverSplits({ until: 'latest' })
  const reader = source.createReader({ job: 'test', uid: 'test', subtask: 0, ...context, metrics: silentMetrics })
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const records: string[] = []
  while (!splits.every(({ id }) => reader.atEnd(id))) {
    const batch = await reader.poll(1_000)
    if (batch === undefined) await reader.wait(WAIT_MS, AbortSignal.timeout(DEADLINE_MS))
    for (const { partition, offset, value } of batch?.values ?? []) {
      records.push(`${partition}/${offset} ${createHash('sha256').update(value!).digest('hex')}`)
    }
  }
  await reader.close()
  await source.close()
  await system.close()
  return records.sort()
}
