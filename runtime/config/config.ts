/** The configuration as the runtime gets it: typed, frozen, injected. */
import { resolve } from 'node:path'
import type * as z from 'zod'
import type { RestartSettings } from '../coordinator/restart-strategy.ts'
import type { ConfigVariables } from './config-variables.ts'
import { type KafkaConfig, kafkaConfig } from './kafka.ts'

export interface Config {
  /** Absolute path. */
  readonly dataDir: string
  /** Absolute path of the embedded log's database. */
  readonly logPath: string
  /** Absolute path of the Iceberg catalog's database. */
  readonly catalogPath: string
  /** Full URI of the directory that tables live in, without a slash at its end. */
  readonly warehouse: string
  /** Full URI of the directory that checkpoints live in, without a slash at its end. */
  readonly checkpoints: string
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
    readonly format: 'auto' | 'json' | 'pretty'
  }
  /** What a job does that is submitted. */
  readonly mode: 'streaming' | 'batch'
  readonly metrics: {
    readonly prefix: string
    readonly host: string
    /** 0: any free one. */
    readonly port: number | 'off'
  }
  /** Absolute path of the directory that running coordinators announce themselves in. */
  readonly runDirectory: string
  readonly rest: {
    readonly host: string
    /** 0: any free one. */
    readonly port: number
    readonly auth: 'token' | 'off'
  }
  /** Absolute path of the directory that a session takes job modules from. */
  readonly jobsDirectory: string
  readonly checkpoint: {
    readonly intervalMs: number
    readonly retained: number
    readonly timeoutMs: number
    readonly minPauseMs: number
    readonly toleratedFailures: number
  }
  readonly state: {
    readonly backend: 'heap' | 'disk'
    /** Absolute path of the directory that the disk backend makes its files in. */
    readonly directory: string
    /** Of each backend. */
    readonly cacheBytes: number
  }
  readonly parallelism: number
  /** Undefined: what the job has since its first run. */
  readonly keyGroups: number | undefined
  readonly worker: {
    /** 0: in the coordinator's process. */
    readonly count: number
    readonly transport: 'unix' | 'tcp'
    readonly heartbeatIntervalMs: number
    readonly heartbeatTimeoutMs: number
    readonly stallTimeoutMs: number
  }
  readonly restart: RestartSettings
  /** The S3-compatible store, for what lives under `s3://…`. */
  readonly s3: {
    /** Amazon's when undefined. */
    readonly endpoint: string | undefined
    /** As the AWS SDK finds it when undefined; credentials likewise. */
    readonly region: string | undefined
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
    readonly pathStyle: boolean
  }
  readonly icebergCatalog: 'sqlite'
  readonly queryEngine: 'duckdb'
  /** Undefined: topics live in the embedded log. */
  readonly kafka: KafkaConfig | undefined
  readonly topic: {
    /** Partitions of a new topic. */
    readonly partitions: number
  }
  readonly schemaRegistry: {
    /** Undefined: the embedded one. */
    readonly url: string | undefined
    readonly credentials: { readonly username: string; readonly password: string } | undefined
    /** Absolute path of the embedded registry's database. */
    readonly path: string
  }
  readonly producer: {
    readonly acks: 'all' | 1 | 0
    readonly retry: {
      readonly retries: number
      /** Upper bound of the first wait. */
      readonly baseMs: number
      /** Upper bound of all waits. */
      readonly maxMs: number
    }
  }
}

/** The values of all variables, as the configuration object. `cwd` is what a relative data directory is relative to. */
export function toConfig(values: z.output<typeof ConfigVariables>, cwd: string): Config {
  const dataDir = resolve(cwd, values.SLUICE_DATA_DIR)
  return deepFreeze({
    dataDir,
    logPath: resolve(dataDir, 'log.db'),
    catalogPath: resolve(dataDir, 'catalog.db'),
    warehouse: fileUri(resolve(dataDir, 'warehouse')),
    checkpoints: directoryUri(values.CHECKPOINT_DIR ?? resolve(dataDir, 'checkpoints'), cwd),
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    metrics: { prefix: values.METRICS_PREFIX, host: values.METRICS_HOST, port: values.METRICS_PORT },
    runDirectory: resolve(dataDir, 'run'),
    rest: { host: values.REST_HOST, port: values.REST_PORT, auth: values.REST_AUTH },
    jobsDirectory: resolve(cwd, values.JOBS_DIR),
    checkpoint: {
      intervalMs: values.CHECKPOINT_INTERVAL,
      retained: values.CHECKPOINT_RETAINED,
      timeoutMs: values.CHECKPOINT_TIMEOUT,
      minPauseMs: values.CHECKPOINT_MIN_PAUSE,
      toleratedFailures: values.CHECKPOINT_TOLERATED_FAILURES,
    },
    state: {
      backend: values.STATE_BACKEND,
      directory: resolve(cwd, values.STATE_DIR ?? resolve(dataDir, 'state')),
      cacheBytes: values.STATE_CACHE_MIB * 2 ** 20,
    },
    mode: values.RUNTIME_MODE,
    parallelism: values.PARALLELISM,
    keyGroups: values.KEY_GROUPS,
    worker: {
      count: values.WORKERS,
      transport: values.WORKER_TRANSPORT,
      heartbeatIntervalMs: values.HEARTBEAT_INTERVAL,
      heartbeatTimeoutMs: values.HEARTBEAT_TIMEOUT,
      stallTimeoutMs: values.WORKER_STALL_TIMEOUT,
    },
    restart: restartSettings(values),
    s3: s3Of(values),
    icebergCatalog: values.ICEBERG_CATALOG,
    queryEngine: values.QUERY_ENGINE,
    kafka: kafkaConfig(values),
    topic: { partitions: values.TOPIC_PARTITIONS },
    schemaRegistry: schemaRegistryOf(values, dataDir),
    producer: {
      acks: values.PRODUCER_ACKS,
      retry: {
        retries: values.PRODUCER_RETRIES,
        baseMs: values.PRODUCER_BACKOFF,
        maxMs: values.PRODUCER_MAX_BACKOFF,
      },
    },
  })
}

function restartSettings(values: z.output<typeof ConfigVariables>): RestartSettings {
  const { RESTART_STRATEGY: type, RESTART_ATTEMPTS: attempts, RESTART_DELAY: delayMs } = values
  const intervalMs = values.RESTART_INTERVAL
  switch (type) {
    case 'none':
      return { type }
    case 'fixed-delay':
      return { type, attempts, delayMs }
    case 'exponential-delay':
      return { type, attempts, delayMs, maxDelayMs: values.RESTART_MAX_DELAY, resetAfterMs: intervalMs }
    case 'failure-rate':
      return { type, failures: attempts, intervalMs, delayMs }
  }
}

function s3Of(values: z.output<typeof ConfigVariables>): Config['s3'] {
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_PATH_STYLE: pathStyle } = values
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values
  return {
    endpoint,
    region,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    pathStyle: pathStyle === 'auto' ? endpoint !== undefined : pathStyle === 'true',
  }
}

function schemaRegistryOf(values: z.output<typeof ConfigVariables>, dataDir: string): Config['schemaRegistry'] {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = values
  return {
    url,
    credentials: username === undefined || password === undefined ? undefined : { username, password },
    path: resolve(dataDir, 'schemas.db'),
  }
}

/** Of a path, or of a place in a bucket, which is a URI already. */
function directoryUri(directory: string, cwd: string): string {
  return directory.startsWith('s3://') ? directory.replace(/\/+$/, '') : fileUri(resolve(cwd, directory))
}

/** Not percent-encoded: Iceberg's readers take what follows `file://` for the path as it is. */
function fileUri(path: string): string {
  return `file://${path}`
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) deepFreeze(child)
  }
  return Object.freeze(value)
}
