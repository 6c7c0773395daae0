/** What was published for the medallion job, as the log and the shop tell it, for readers that are not ours. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Outcome } from '../../../jobs/medallion/simulator/variants.ts'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { configOf, publishedFile, TOPIC } from '../../support/medallion.ts'
import { readTopic } from '../../support/read-topic.ts'
import { recordingLogger } from '../../support/silent.ts'

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
  try {
    return (await readTopic(system, TOPIC))
      .map(
        ({ partition, offset, value }) => `${partition}/${offset} ${createHash('sha256').update(value!).digest('hex')}`,
      )
      .sort()
  } finally {
    await system.close()
  }
}
