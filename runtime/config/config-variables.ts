/** The form of every variable: from strings, as environment, flags and defaults hold them, to values. */
import * as z from 'zod'
import { DURATION_FORM, parseDurationMs } from './duration.ts'
import { ACKS, LOG_FORMATS, LOG_LEVELS, REST_AUTHS, type Variable } from './variables.ts'

function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.string().trim().toLowerCase().pipe(z.enum(values))
}

function integer(minimum: number, maximum: number) {
  return z.string().trim().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(minimum).max(maximum))
}

const durationMs = z.string().transform((text, context) => {
  const parsed = parseDurationMs(text)
  if (parsed !== undefined && parsed > 0) return parsed
  context.addIssue({ code: 'custom', message: `expected ${DURATION_FORM}` })
  return z.NEVER
})

/** The one schema of the configuration. */
export const ConfigVariables = z.object({
  SLUICE_DATA_DIR: z.string().min(1),
  LOG_LEVEL: choice(LOG_LEVELS),
  LOG_FORMAT: choice(LOG_FORMATS),
  METRICS_PREFIX: z.string().regex(/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/),
  METRICS_HOST: z.string().trim().min(1),
  METRICS_PORT: z.union([choice(['off']), integer(0, 65_535)]),
  REST_HOST: z.string().trim().min(1),
  REST_PORT: integer(0, 65_535),
  REST_AUTH: choice(REST_AUTHS),
  JOBS_DIR: z.string().min(1),
  CHECKPOINT_INTERVAL: durationMs,
  CHECKPOINT_RETAINED: integer(1, 10_000),
  ICEBERG_CATALOG: choice(['sqlite']),
  QUERY_ENGINE: choice(['duckdb']),
  KAFKA_BOOTSTRAP_SERVERS: z.never().optional(),
  TOPIC_PARTITIONS: integer(1, 1_024),
  PRODUCER_ACKS: choice(ACKS).transform((acks) => (acks === 'all' ? acks : acks === '1' ? 1 : 0)),
  PRODUCER_RETRIES: integer(0, 1_000),
  PRODUCER_BACKOFF: durationMs,
  PRODUCER_MAX_BACKOFF: durationMs,
} satisfies Record<Variable, z.ZodType>)
