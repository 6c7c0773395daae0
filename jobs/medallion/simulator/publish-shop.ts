/** Publishes a simulated run, and counts what it injected. */
import type { EventProducer } from '../../../runtime/producer/event-producer.ts'
import type { UserActionEvent } from '../schemas.ts'
import { noCounts, type Simulation, type VariantCounts } from './simulate-shop.ts'

export interface PublishOptions {
  /** Records that are published together. @default 2000 */
  readonly batch?: number
  /** After every batch; what it returns is awaited, so that it may set the pace. */
  readonly onProgress?: (published: number) => void | Promise<void>
  /** Stops after the batch that is under way. */
  readonly signal?: AbortSignal
}

/** Resolves with what was published once all of it has been acknowledged. */
export async function publishShop(
  producer: EventProducer<typeof UserActionEvent>,
  simulation: Simulation,
  { batch = 2_000, onProgress, signal }: PublishOptions = {},
): Promise<VariantCounts> {
  const counts = noCounts()
  let published = 0
  let pending: Promise<unknown>[] = []
  const acknowledge = async () => {
    await Promise.all(pending)
    published += pending.length
    pending = []
    await onProgress?.(published)
  }
  for (const record of simulation.records()) {
    counts[record.variant]++
    pending.push(
      record.kind === 'event' ? producer.publish(record.event) : producer.publishRaw(record.bytes, { key: record.key }),
    )
    if (pending.length >= batch) {
      await acknowledge()
      if (signal?.aborted === true) break
    }
  }
  if (pending.length > 0) await acknowledge()
  return counts
}
