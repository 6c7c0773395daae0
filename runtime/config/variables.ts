/** Every variable Sluice reads, described once: its form, its default, its flag. Help, errors and `runtime config` follow. */
import { DURATION_FORM } from './duration.ts'

/** What is known of a variable beside its form. */
export interface VariableDescription {
  readonly summary: string
  /** What a value should look like, to go after "expected". */
  readonly expected: string
  /** As it would be written. */
  readonly default?: string
  /** The command-line option that sets it, without dashes. */
  readonly flag?: string
  /** Never shown, not even in an error. */
  readonly secret?: boolean
  /** Said instead of `expected` when the value is understood but not there yet. */
  readonly unsupported?: string
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export const REST_AUTHS = ['token', 'off'] as const
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const
export const ACKS = ['all', '1', '0'] as const

export const VARIABLES = {
  SLUICE_DATA_DIR: {
    summary: 'where everything lives: log.db, catalog.db, warehouse/, checkpoints/, run/',
    expected: 'a directory',
    default: 'data',
    flag: 'data-dir',
  },
  LOG_LEVEL: {
    summary: 'the least severe level that is logged',
    expected: `one of ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    flag: 'log-level',
  },
  LOG_FORMAT: {
    summary: 'how log lines look; auto is pretty on a terminal and JSON elsewhere',
    expected: `one of ${LOG_FORMATS.join(', ')}`,
    default: 'auto',
    flag: 'log-format',
  },
  METRICS_PREFIX: {
    summary: 'goes before the name of every metric',
    expected: 'letters, digits, _ and :, not beginning with a digit',
    default: 'dataplatform_',
  },
  METRICS_HOST: {
    summary: 'the address that /metrics is served on while a job runs',
    expected: 'an address or host name of this machine',
    default: '127.0.0.1',
  },
  METRICS_PORT: {
    summary: 'the port of /metrics; 0 takes a free one, which the job prints',
    expected: 'a port from 0 to 65535, or off',
    default: '0',
    flag: 'metrics-port',
  },
  REST_HOST: {
    summary: 'the address that a coordinator serves its REST interface on',
    expected: 'an address or host name of this machine',
    default: '127.0.0.1',
  },
  REST_PORT: {
    summary: 'the port of the REST interface; 0 takes a free one, which `runtime` finds by itself',
    expected: 'a port from 0 to 65535',
    default: '0',
    flag: 'rest-port',
  },
  REST_AUTH: {
    summary: 'token: requests need the one in run/token; off: they need none, on a loopback address only',
    expected: `one of ${REST_AUTHS.join(', ')}`,
    default: 'token',
  },
  JOBS_DIR: {
    summary: 'where job modules must lie that a session is handed; the default is where it was started',
    expected: 'a directory',
    default: '.',
    flag: 'jobs-dir',
  },
  CHECKPOINT_INTERVAL: {
    summary: 'the time from one checkpoint to the next; tables grow once per checkpoint',
    expected: DURATION_FORM,
    default: '10s',
    flag: 'checkpoint-interval',
  },
  CHECKPOINT_RETAINED: {
    summary: 'how many complete checkpoints are kept',
    expected: 'a whole number from 1 to 10000',
    default: '3',
  },
  ICEBERG_CATALOG: {
    summary: 'the Iceberg catalog that tables live in',
    expected: 'sqlite',
    default: 'sqlite',
    unsupported: 'this version has one catalog, sqlite, in catalog.db under SLUICE_DATA_DIR',
  },
  QUERY_ENGINE: {
    summary: 'what runs SQL',
    expected: 'duckdb',
    default: 'duckdb',
    unsupported: 'this version has one query engine, duckdb, which runs inside the process',
  },
  KAFKA_BOOTSTRAP_SERVERS: {
    summary: 'brokers that topics live on, instead of the embedded log (not in this version)',
    expected: 'no value',
    unsupported: 'this version keeps topics in the embedded log, log.db under SLUICE_DATA_DIR; leave it unset',
  },
  TOPIC_PARTITIONS: {
    summary: 'how many partitions a new topic gets',
    expected: 'a whole number from 1 to 1024',
    default: '4',
  },
  PRODUCER_ACKS: {
    summary: 'when an event counts as published: all (on disk), 1 (in the log), 0 (not awaited)',
    expected: `one of ${ACKS.join(', ')}`,
    default: 'all',
  },
  PRODUCER_RETRIES: {
    summary: 'how often a failed publish is tried again',
    expected: 'a whole number from 0 to 1000',
    default: '5',
  },
  PRODUCER_BACKOFF: {
    summary: 'the wait before the first retry; it doubles with each, with jitter',
    expected: DURATION_FORM,
    default: '50ms',
  },
  PRODUCER_MAX_BACKOFF: {
    summary: 'the longest wait between two retries',
    expected: DURATION_FORM,
    default: '5s',
  },
} as const satisfies Readonly<Record<string, VariableDescription>>

export type Variable = keyof typeof VARIABLES

/** What is known of `variable`. */
export function describeVariable(variable: Variable): VariableDescription {
  return VARIABLES[variable]
}
