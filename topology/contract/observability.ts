/** What the runtime hands to connectors and operators for being watched. */

export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
  child(fields: Readonly<Record<string, unknown>>): Logger
}

export interface Counter {
  add(count: number): void
}

export interface Gauge {
  /** One whose value is not finite is not shown. */
  set(value: number): void
}

export interface Histogram {
  observe(value: number): void
}

/**
 * Metrics of one operator or connector; its labels (job, uid, subtask) are added by the runtime. Names come
 * without the configured prefix (`dataplatform_` by default), and are Flink's, where it has one, in snake case with the
 * unit last: `num_records_in_total`, `current_output_watermark_ms`. The same name and labels give the same instrument.
 */
export interface MetricScope {
  counter(name: string, labels?: Readonly<Record<string, string>>): Counter
  gauge(name: string, labels?: Readonly<Record<string, string>>): Gauge
  histogram(name: string, labels?: Readonly<Record<string, string>>): Histogram
  /** Runs `fn` and observes its seconds in the histogram `name`, also when it throws. */
  timed<R>(name: string, labels: Readonly<Record<string, string>>, fn: () => R): R
}
