/** Finds the day at which the next simulated run begins. */
import type { ReaderContext, SourceRecord } from '../../../topology/contract/source.ts'
import type { TopicSystem } from '../../../topology/contract/topic.ts'
import { parseIsoTimestampMs } from '../../../topology/schema/index.ts'
import { DAY_MS, isoDay, OPENING_DAY } from './simulate-shop.ts'

/** How far back each partition is looked through: enough to meet an event among the dirt. */
const LAST_RECORDS = 100n
/** For records that a system has and has not sent yet, milliseconds. */
const WAIT_MS = 1000

/**
 * The first day that no record at the end of the topic reaches: after the days of the last run, which every simulated
 * event names in its metadata (`simulated_until`), and after the timestamps of anybody else's events, which would make
 * earlier ones late. The topic itself is what survives a run, so a crash or a second process cannot disagree with it.
 *
 * A run that was killed while publishing is not completed: the next one follows its days.
 */
export async function nextFirstDay(system: TopicSystem, topic: string, context: ReaderContext): Promise<string> {
  let firstDay = OPENING_DAY
  for (const record of await lastRecords(system, topic, context)) {
    const reached = dayAfter(record)
    if (reached !== undefined && reached > firstDay) firstDay = reached
  }
  return firstDay
}

async function lastRecords(system: TopicSystem, topic: string, context: ReaderContext): Promise<SourceRecord[]> {
  const source = system.source(topic)
  const earliest = await source.discoverSplits({ from: 'earliest', until: 'latest' })
  const reader = source.createReader(context)
  try {
    await reader.assign(
      earliest.map((split) => {
        const back = BigInt(split.stop as string) - LAST_RECORDS
        const start = BigInt(split.start as string)
        return { ...split, position: String(back > start ? back : start) }
      }),
    )
    const { signal } = new AbortController()
    const records: SourceRecord[] = []
    while (!earliest.every(({ id }) => reader.atEnd(id))) {
      const batch = await reader.poll(Number(LAST_RECORDS))
      if (batch === undefined) await reader.wait(WAIT_MS, signal)
      else records.push(...batch.values)
    }
    return records
  } finally {
    await reader.close()
    await source.close()
  }
}

function dayAfter({ value }: SourceRecord): string | undefined {
  let event: { event_timestamp?: unknown; metadata?: { simulated_until?: unknown } } | null
  try {
    event = JSON.parse(Buffer.from(value ?? []).toString())
  } catch {
    return undefined // dirt says nothing about days
  }
  const until = event?.metadata?.simulated_until
  if (typeof until === 'string' && !Number.isNaN(Date.parse(until))) return until
  const timestamp = event?.event_timestamp
  const timestampMs = typeof timestamp === 'string' ? parseIsoTimestampMs(timestamp) : Number.NaN
  return Number.isNaN(timestampMs) || timestampMs > LAST_DAY_MS ? undefined : isoDay(timestampMs + DAY_MS)
}

const LAST_DAY_MS = Date.UTC(9000, 0, 1)
