/** Metrics behind the contract: counted in plain numbers on the hot path, handed to prom-client when somebody scrapes. */
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from 'prom-client'
import type { Counter, Gauge, Histogram, MetricScope } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import { METRICS, type MetricDefinition, type MetricName, SCOPE_LABELS } from './metric-table.ts'

type Labels = Readonly<Record<string, string>>

export interface MetricsOptions {
  /** Goes before every name. */
  readonly prefix: string
  /** Wall clock for lags, monotonic for `timed`. */
  readonly clock: { nowMs(): number; monotonicMs(): number }
}

export interface Metrics {
  /** Instruments of one operator or connector: `labels` of job, uid, subtask. */
  scope(labels: Readonly<Partial<Record<(typeof SCOPE_LABELS)[number], string>>>): MetricScope
  readonly registry: Registry
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>
}

/**
 * Metrics of one process. The same name and labels give the same instrument; an unknown name or label throws
 * `METRIC_UNKNOWN`, so that METRICS stays the whole list.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  const families = new Map<string, Family>()
  const { prefix, clock } = options

  function family<I extends Counter | Gauge | Histogram>(name: string, type: MetricDefinition['type']): Family<I> {
    let found = families.get(name)
    if (found === undefined) {
      found = createFamily(name, prefix + name, registry)
      families.set(name, found)
      if (name === 'watermark_ms') deriveLag(found as Family<BufferedGauge>)
    }
    if (found.type !== type) throw unknown(name, `is a ${found.type}, not a ${type}`)
    return found as unknown as Family<I>
  }

  function deriveLag(watermarks: Family<BufferedGauge>) {
    const lag = new PromGauge({
      ...prometheusOptions(METRICS.watermark_lag_seconds, `${prefix}watermark_lag_seconds`, registry),
      collect() {
        for (const [labels, { value }] of watermarks.entries()) {
          if (!Number.isNaN(value)) lag.set(labels, (clock.nowMs() - value) / 1000)
        }
      },
    })
  }

  return {
    registry,
    text: () => registry.metrics(),
    scope(scopeLabels) {
      const base = definedOnly(scopeLabels)
      const scope: MetricScope = {
        counter: (name, labels) => family<Counter>(name, 'counter').instrument({ ...base, ...labels }),
        gauge: (name, labels) => family<Gauge>(name, 'gauge').instrument({ ...base, ...labels }),
        histogram: (name, labels) => family<Histogram>(name, 'histogram').instrument({ ...base, ...labels }),
        timed(name, labels, fn) {
          const histogram = scope.histogram(name, labels)
          const startMs = clock.monotonicMs()
          const observe = () => histogram.observe((clock.monotonicMs() - startMs) / 1000)
          let result: ReturnType<typeof fn>
          try {
            result = fn()
          } catch (error) {
            observe()
            throw error
          }
          if (result instanceof Promise) return result.finally(observe) as typeof result
          observe()
          return result
        },
      }
      return scope
    },
  }
}

type PrometheusOptions = ReturnType<typeof prometheusOptions>

function prometheusOptions(definition: MetricDefinition, name: string, registry: Registry) {
  const labelNames = [...SCOPE_LABELS, ...(definition.labels ?? [])]
  return { name, help: definition.help, labelNames, registers: [registry] }
}

function createFamily(name: string, prefixed: string, registry: Registry): Family {
  const definition = definitionOf(name)
  const options = prometheusOptions(definition, prefixed, registry)
  if (definition.type === 'histogram') return histogramFamily(name, options, definition.buckets ?? [])
  return definition.type === 'counter' ? counterFamily(name, options) : gaugeFamily(name, options)
}

/** All instruments of one name. */
class Family<I extends Counter | Gauge | Histogram = Counter | Gauge | Histogram> {
  readonly name: string
  readonly type: MetricDefinition['type']
  private readonly labelNames: readonly string[]
  private readonly create: (labels: Labels) => I
  private readonly instruments = new Map<string, readonly [Labels, I]>()

  constructor(
    name: string,
    type: MetricDefinition['type'],
    labelNames: readonly string[],
    create: (labels: Labels) => I,
  ) {
    this.name = name
    this.type = type
    this.labelNames = labelNames
    this.create = create
  }

  instrument(labels: Labels): I {
    for (const label of Object.keys(labels)) {
      if (!this.labelNames.includes(label)) {
        throw unknown(this.name, `has no label "${label}"; it has ${this.labelNames.join(', ')}`)
      }
    }
    const key = this.labelNames.map((label) => JSON.stringify(labels[label])).join()
    let found = this.instruments.get(key)
    if (found === undefined) {
      found = [labels, this.create(labels)]
      this.instruments.set(key, found)
    }
    return found[1]
  }

  entries(): Iterable<readonly [Labels, I]> {
    return this.instruments.values()
  }
}

class BufferedCounter implements Counter {
  value = 0
  collected = 0

  add(count: number): void {
    this.value += count
  }
}

class BufferedGauge implements Gauge {
  value = Number.NaN

  set(value: number): void {
    this.value = value
  }
}

function counterFamily(name: string, options: PrometheusOptions): Family<BufferedCounter> {
  const family = new Family(name, 'counter', options.labelNames, () => new BufferedCounter())
  const counter = new PromCounter({
    ...options,
    collect() {
      for (const [labels, buffered] of family.entries()) {
        counter.inc(labels, buffered.value - buffered.collected)
        buffered.collected = buffered.value
      }
    },
  })
  return family
}

function gaugeFamily(name: string, options: PrometheusOptions): Family<BufferedGauge> {
  const family = new Family(name, 'gauge', options.labelNames, () => new BufferedGauge())
  const gauge = new PromGauge({
    ...options,
    collect() {
      for (const [labels, buffered] of family.entries()) {
        if (!Number.isNaN(buffered.value)) gauge.set(labels, buffered.value)
      }
    },
  })
  return family
}

function histogramFamily(name: string, options: PrometheusOptions, buckets: readonly number[]): Family<Histogram> {
  const histogram = new PromHistogram({ ...options, buckets: [...buckets] })
  return new Family(name, 'histogram', options.labelNames, (labels) => histogram.labels(labels))
}

function definitionOf(name: string): MetricDefinition {
  const definition = (METRICS as Readonly<Record<string, MetricDefinition>>)[name]
  if (name === 'watermark_lag_seconds') throw unknown(name, 'is derived: set watermark_ms')
  if (definition !== undefined) return definition
  const nearest = nearestName(name, Object.keys(METRICS) as MetricName[])
  throw unknown(name, `is not in the table of metrics${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
}

function unknown(name: string, reason: string): SluiceError {
  return new SluiceError('METRIC_UNKNOWN', `metric ${name} ${reason}`, {
    fix: 'Use a metric as runtime/observability/metric-table.ts describes it, or describe a new one there.',
    details: { name },
  })
}

function definedOnly(labels: Readonly<Record<string, string | undefined>>): Labels {
  return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
