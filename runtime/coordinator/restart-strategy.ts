/** Whether and when a failed job is started again, in Flink's four ways. */
import type { Clock, Random } from '../../topology/contract/clock.ts'

export type RestartSettings =
  | { readonly type: 'none' }
  /** So many restarts, each after the same delay. */
  | { readonly type: 'fixed-delay'; readonly attempts: number; readonly delayMs: number }
  /**
   * The delay doubles with each failure up to a maximum, and is the initial one again after the job has run for
   * `resetAfterMs` without one.
   */
  | {
      readonly type: 'exponential-delay'
      readonly attempts: number
      readonly delayMs: number
      readonly maxDelayMs: number
      readonly resetAfterMs: number
    }
  /** Gives up when more than so many failures fall into one interval. */
  | { readonly type: 'failure-rate'; readonly failures: number; readonly intervalMs: number; readonly delayMs: number }

export interface RestartStrategy {
  /** Called at each failure. How long to wait before the next attempt, milliseconds; undefined: give up. */
  afterFailure(): number | undefined
}

export function createRestartStrategy(
  settings: RestartSettings,
  clock: Pick<Clock, 'monotonicMs'>,
  random: Random,
): RestartStrategy {
  switch (settings.type) {
    case 'none':
      return { afterFailure: () => undefined }
    case 'fixed-delay': {
      let failures = 0
      return { afterFailure: () => (++failures <= settings.attempts ? settings.delayMs : undefined) }
    }
    case 'exponential-delay': {
      const { attempts, delayMs, maxDelayMs, resetAfterMs } = settings
      let failures = 0
      let lastMs = Number.NEGATIVE_INFINITY
      return {
        afterFailure() {
          const nowMs = clock.monotonicMs()
          if (nowMs - lastMs > resetAfterMs) failures = 0
          lastMs = nowMs
          if (++failures > attempts) return undefined
          const nextMs = Math.min(maxDelayMs, delayMs * 2 ** (failures - 1))
          // A tenth of jitter, so that jobs that failed together do not all come back together.
          return nextMs * (0.9 + random() / 5)
        },
      }
    }
    case 'failure-rate': {
      const { failures, intervalMs, delayMs } = settings
      const timesMs: number[] = []
      return {
        afterFailure() {
          const nowMs = clock.monotonicMs()
          timesMs.push(nowMs)
          while (timesMs[0]! <= nowMs - intervalMs) timesMs.shift()
          return timesMs.length > failures ? undefined : delayMs
        },
      }
    }
  }
}

/** Errors that the next attempt would meet again: the job, its state or its surroundings have to be mended first. */
const LASTING: ReadonlySet<string> = new Set([
  'BOUNDS_UNSUPPORTED',
  'CHECKPOINT_CORRUPT',
  'CHECKPOINT_VERSION',
  'CLIENT_MISSING',
  'CONFIG_INVALID',
  'DELIVERY_REFUSED',
  'ENDPOINT_INVALID',
  'FENCED',
  'FILE_ACCESS_DENIED',
  'FILE_CHANGED',
  'FILE_INVALID',
  'JOB_CHANGED',
  'JOB_INVALID',
  'JOB_NOT_FOUND',
  'JOB_NO_TOPOLOGY',
  'KAFKA_AUTHORIZATION',
  'KEY_GROUPS_CHANGED',
  'LOG_FORMAT_UNSUPPORTED',
  'MARKERS_MISSING',
  'MARKER_TOPIC_INVALID',
  'MARKER_VERSION',
  'NO_EVENT_TIME',
  'OFFSET_OUT_OF_RANGE',
  'PARALLELISM',
  'PLAN_MISMATCH',
  'POISON_RECORD',
  'RESTORE_MISMATCH',
  'REWIND_REFUSED',
  'SCHEMA_MISMATCH',
  'STATE_CODEC_MISMATCH',
  'STATE_CORRUPT',
  'STATE_SCHEMA_CHANGED',
  'STATE_UNCLAIMED',
  'TABLE_REPLACED',
  'UNKEYED',
  'VALUE_NOT_TRANSPORTABLE',
])

export function isLasting(code: string): boolean {
  return LASTING.has(code)
}

/** What others answer, or don't: servers that are away, credentials, names and sizes that they don't take. */
const SURROUNDINGS: ReadonlySet<string> = new Set([
  'KAFKA_AUTHENTICATION',
  'KAFKA_CONFIG',
  'KAFKA_PARTITIONS',
  'KAFKA_REFUSED',
  'KAFKA_REPLICATION_FACTOR',
  'KAFKA_TLS',
  'KAFKA_TOPIC_NAME',
  'KAFKA_TRANSACTION_TIMEOUT',
  'KAFKA_UNREACHABLE',
  'KAFKA_VERSION',
  'POSTGRES_COLUMN_NOT_FOUND',
  'POSTGRES_DATABASE_NOT_FOUND',
  'POSTGRES_DENIED',
  'POSTGRES_TABLE_NOT_FOUND',
  'POSTGRES_UNAUTHENTICATED',
  'POSTGRES_UNREACHABLE',
  'REGISTRY_DENIED',
  'REGISTRY_REFUSED',
  'REGISTRY_UNAVAILABLE',
  'SCHEMA_INCOMPATIBLE',
  'TOPIC_NOT_FOUND',
])

/**
 * Whether a job that has run once waits for it to pass, by its restart strategy: with one that never has, a setting is
 * wrong as a rule, and whoever submits it looks on.
 */
export function isOfSurroundings(code: string): boolean {
  return SURROUNDINGS.has(code)
}
