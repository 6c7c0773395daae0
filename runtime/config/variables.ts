/** Every variable Sluice reads, described once: its form, its default, its flag. Help, errors and `runtime config` follow. */
import { DURATION_FORM } from './duration.ts'
import { KAFKA_VARIABLES } from './kafka.ts'

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
export const RESTART_STRATEGIES = ['exponential-delay', 'fixed-delay', 'failure-rate', 'none'] as const
export const WORKER_TRANSPORTS = ['unix', 'tcp'] as const
export const RUNTIME_MODES = ['streaming', 'batch'] as const
export const ACKS = ['all', '1', '0'] as const
export const STATE_BACKENDS = ['heap', 'disk'] as const
export const PATH_STYLES = ['auto', 'true', 'false'] as const

export const VARIABLES = {
  SLUICE_DATA_DIR: {
    summary: 'where everything lives: log.db, catalog.db, schemas.db, warehouse/, checkpoints/, run/',
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
  RUNTIME_MODE: {
    summary: 'batch: a job that is submitted reads what there is and ends, as with --batch',
    expected: `one of ${RUNTIME_MODES.join(', ')}`,
    default: 'streaming',
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
  CHECKPOINT_DIR: {
    summary: 'where checkpoints and savepoints are kept; unset, in checkpoints/ under SLUICE_DATA_DIR',
    expected: 'a directory, or s3://bucket/prefix',
    flag: 'checkpoint-dir',
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
  CHECKPOINT_TIMEOUT: {
    summary: 'a checkpoint that takes longer has failed',
    expected: DURATION_FORM,
    default: '10m',
  },
  CHECKPOINT_MIN_PAUSE: {
    summary: 'the time from the end of one checkpoint to the next at least',
    expected: DURATION_FORM,
    default: '0ms',
  },
  CHECKPOINT_TOLERATED_FAILURES: {
    summary: 'how many checkpoints in a row may fail before the job starts again',
    expected: 'a whole number from 0 to 1000',
    default: '0',
  },
  STATE_BACKEND: {
    summary: 'where keyed state lives while a job runs; checkpoints of one are restored by the other',
    expected: `one of ${STATE_BACKENDS.join(', ')}`,
    default: 'heap',
  },
  STATE_DIR: {
    summary: 'where the disk backend makes its files, which nobody sees; unset, in state/ under SLUICE_DATA_DIR',
    expected: 'a directory on a local disk',
  },
  STATE_CACHE_MIB: {
    summary: 'about how much heap the disk backend takes for what is used often, in every subtask with state',
    expected: 'a whole number from 1 to 65536',
    default: '64',
  },
  PARALLELISM: {
    summary: 'subtasks of every operator that does not say otherwise',
    expected: 'a whole number from 1 to 32768, no more than there are key groups',
    default: '1',
    flag: 'parallelism',
  },
  WORKERS: {
    summary: "worker processes of a job; 0 runs it in the coordinator's own process",
    expected: 'a whole number from 0 to 256',
    default: '0',
    flag: 'workers',
  },
  KEY_GROUPS: {
    summary: 'into how many parts keyed state is split: the greatest parallelism; fixed at the first run (128)',
    expected: 'a whole number from 1 to 32768',
    flag: 'key-groups',
  },
  WORKER_TRANSPORT: {
    summary: 'what workers are connected by: sockets in a private directory, or TCP on loopback',
    expected: 'one of unix, tcp',
    default: 'unix',
  },
  HEARTBEAT_INTERVAL: {
    summary: 'how often a worker says that it is alive',
    expected: DURATION_FORM,
    default: '1s',
  },
  HEARTBEAT_TIMEOUT: {
    summary: 'a worker that is silent for this long is replaced',
    expected: DURATION_FORM,
    default: '10s',
  },
  WORKER_STALL_TIMEOUT: {
    summary: 'a worker that is alive is replaced when none of its tasks has given way for this long',
    expected: DURATION_FORM,
    default: '5m',
  },
  RESTART_STRATEGY: {
    summary: 'when a failed job starts again from its last checkpoint',
    expected: 'one of exponential-delay, fixed-delay, failure-rate, none',
    default: 'exponential-delay',
    flag: 'restart-strategy',
  },
  RESTART_ATTEMPTS: {
    summary: 'restarts before a job has failed for good; of failure-rate, those within RESTART_INTERVAL',
    expected: 'a whole number from 0 to 1000000',
    default: '10',
    flag: 'restart-attempts',
  },
  RESTART_DELAY: {
    summary: 'the wait before a restart; of exponential-delay, before the first, doubling with each',
    expected: DURATION_FORM,
    default: '100ms',
  },
  RESTART_MAX_DELAY: {
    summary: 'the longest wait of exponential-delay',
    expected: DURATION_FORM,
    default: '1m',
  },
  RESTART_INTERVAL: {
    summary: 'of failure-rate, what failures are counted over; of exponential-delay, how long without one resets it',
    expected: DURATION_FORM,
    default: '10m',
  },
  S3_ENDPOINT: {
    summary: 'the S3-compatible store; unset, Amazon S3',
    expected: 'a URL such as http://localhost:9000',
  },
  S3_REGION: {
    summary: 'the region of its buckets; unset, as the AWS SDK finds it (AWS_REGION, profile)',
    expected: 'a region such as us-east-1',
  },
  S3_ACCESS_KEY_ID: {
    summary: 'who asks; unset, as the AWS SDK finds it (environment, profile, role)',
    expected: 'an access key id, together with S3_SECRET_ACCESS_KEY',
  },
  S3_SECRET_ACCESS_KEY: {
    summary: 'the secret that goes with S3_ACCESS_KEY_ID',
    expected: 'a secret access key, together with S3_ACCESS_KEY_ID',
    secret: true,
  },
  S3_PATH_STYLE: {
    summary: 'whether a URL has its bucket in the path, not in the host name; auto: with S3_ENDPOINT',
    expected: `one of ${PATH_STYLES.join(', ')}`,
    default: 'auto',
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
  ...KAFKA_VARIABLES,
  SCHEMA_REGISTRY_URL: {
    summary:
      'the schema registry of topics in Avro and Protobuf, with the REST interface of Confluent; unset, the embedded one',
    expected: 'a URL such as http://localhost:8081',
  },
  SCHEMA_REGISTRY_USERNAME: {
    summary: 'who asks it; unset, nobody in particular',
    expected: 'a user name, together with SCHEMA_REGISTRY_PASSWORD',
  },
  SCHEMA_REGISTRY_PASSWORD: {
    summary: 'the password that goes with SCHEMA_REGISTRY_USERNAME',
    expected: 'a password, together with SCHEMA_REGISTRY_USERNAME',
    secret: true,
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
