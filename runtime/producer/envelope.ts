/** The event envelope: what every event carries around its payload. */
import { hostname } from 'node:os'
import type { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }

/** The JSON form of an event. */
export interface EventEnvelope {
  readonly event_id: string
  readonly event_type: string
  /** ISO 8601, with zone. */
  readonly event_timestamp: string
  readonly source_system: string
  readonly payload: object
  readonly metadata: object
  readonly schema_version: string
}

/** A zod object of the whole envelope, as `UserActionEvent` is. */
export type EventSchema = z.ZodType<unknown, EventEnvelope>

/** An event as an application gives it: the payload, and whatever it knows better than the producer. */
export type EventInput<S extends EventSchema> = Partial<Omit<z.input<S>, 'payload'>> & Pick<z.input<S>, 'payload'>

/** What the producer fills in. */
export interface EnvelopeDefaults {
  readonly sourceSystem: string
  readonly schemaVersion: string
  readonly eventType: string | undefined
  readonly newId: () => string
}

const PRODUCER = { producer: `sluice/${manifest.version}`, producer_host: hostname() }

/** The event with what was left out. The application's own metadata stays, and wins over the producer's. */
export function completeEnvelope(event: object, defaults: EnvelopeDefaults, nowMs: number): Record<string, unknown> {
  const now = new Date(nowMs).toISOString()
  const given = event as Partial<EventEnvelope>
  return {
    ...given,
    event_id: given.event_id ?? defaults.newId(),
    event_type: given.event_type ?? defaults.eventType,
    event_timestamp: given.event_timestamp ?? now,
    source_system: given.source_system ?? defaults.sourceSystem,
    metadata: isAbsentOrObject(given.metadata) ? { ...PRODUCER, published_at: now, ...given.metadata } : given.metadata,
    schema_version: given.schema_version ?? defaults.schemaVersion,
  }
}

/** Anything else is left as it is, for the schema to refuse. */
function isAbsentOrObject(metadata: unknown): boolean {
  return metadata === undefined || metadata === null || (typeof metadata === 'object' && !Array.isArray(metadata))
}
