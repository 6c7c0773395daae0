/** The form of every variable: from strings, as environment, flags and defaults hold them, to values. */
import * as z from 'zod'
import { choice, durationMs, durationOrZeroMs, integer } from './forms.ts'
import { kafkaForms, kafkaProblems } from './kafka.ts'
import {
  ACKS,
  LOG_FORMATS,
  LOG_LEVELS,
  PATH_STYLES,
  REST_AUTHS,
  RESTART_STRATEGIES,
  RUNTIME_MODES,
  STATE_BACKENDS,
  type Variable,
  WORKER_TRANSPORTS,
} from './variables.ts'

/** A path, or the URI of a place in a bucket. */
const directory = z
  .string()
  .trim()
  .regex(/^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?|(?![a-zA-Z][\w+.-]*:\/\/).+)$/)

const variables = z.object({
  SLUICE_DATA_DIR: z.string().min(1),
  LOG_LEVEL: choice(LOG_LEVELS),
  LOG_FORMAT: choice(LOG_FORMATS),
  RUNTIME_MODE: choice(RUNTIME_MODES),
  METRICS_PREFIX: z.string().regex(/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/),
  METRICS_HOST: z.string().trim().min(1),
  METRICS_PORT: z.union([choice(['off']), integer(0, 65_535)]),
  REST_HOST: z.string().trim().min(1),
  REST_PORT: integer(0, 65_535),
  REST_AUTH: choice(REST_AUTHS),
  JOBS_DIR: z.string().min(1),
  CHECKPOINT_DIR: directory.optional(),
  CHECKPOINT_INTERVAL: durationMs,
  CHECKPOINT_RETAINED: integer(1, 10_000),
  CHECKPOINT_TIMEOUT: durationMs,
  CHECKPOINT_MIN_PAUSE: durationOrZeroMs,
  CHECKPOINT_TOLERATED_FAILURES: integer(0, 1_000),
  STATE_BACKEND: choice(STATE_BACKENDS),
  STATE_DIR: z.string().min(1).optional(),
  STATE_CACHE_MIB: integer(1, 65_536),
  PARALLELISM: integer(1, 32_768),
  WORKERS: integer(0, 256),
  KEY_GROUPS: integer(1, 32_768).optional(),
  WORKER_TRANSPORT: choice(WORKER_TRANSPORTS),
  HEARTBEAT_INTERVAL: durationMs,
  HEARTBEAT_TIMEOUT: durationMs,
  WORKER_STALL_TIMEOUT: durationMs,
  RESTART_STRATEGY: choice(RESTART_STRATEGIES),
  RESTART_ATTEMPTS: integer(0, 1_000_000),
  RESTART_DELAY: durationOrZeroMs,
  RESTART_MAX_DELAY: durationMs,
  RESTART_INTERVAL: durationMs,
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_REGION: z.string().trim().min(1).optional(),
  S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  S3_PATH_STYLE: choice(PATH_STYLES),
  ICEBERG_CATALOG: choice(['sqlite']),
  QUERY_ENGINE: choice(['duckdb']),
  ...kafkaForms,
  SCHEMA_REGISTRY_URL: z.url({ protocol: /^https?$/ }).optional(),
  SCHEMA_REGISTRY_USERNAME: z.string().trim().min(1).optional(),
  SCHEMA_REGISTRY_PASSWORD: z.string().min(1).optional(),
  TOPIC_PARTITIONS: integer(1, 1_024),
  PRODUCER_ACKS: choice(ACKS).transform((acks) => (acks === 'all' ? acks : acks === '1' ? 1 : 0)),
  PRODUCER_RETRIES: integer(0, 1_000),
  PRODUCER_BACKOFF: durationMs,
  PRODUCER_MAX_BACKOFF: durationMs,
} satisfies Record<Variable, z.ZodType>)

/** The one schema of the configuration. */
export const ConfigVariables = variables.superRefine((values, context) => {
  for (const [one, other] of TOGETHER) {
    if ((values[one] === undefined) === (values[other] === undefined)) continue
    context.addIssue({ code: 'custom', path: [values[one] === undefined ? one : other] })
  }
  for (const variable of kafkaProblems(values)) context.addIssue({ code: 'custom', path: [variable] })
})

/** Neither is worth anything without the other. */
const TOGETHER = [
  ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD'],
] as const
