/** Instruments by name and labels: plain numbers on the hot path, handed to prom-client when somebody asks. */
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, type Registry } from 'prom-client'
import type { Counter, Gauge, Histogram } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import { METRICS, type MetricDefinition, type MetricName, SCOPE_LABELS } from './metric-table.ts'

export type Labels = Readonly<Record<string, string>>

type Instrument = Counter | Gauge | Histogram

/** All instruments of one registry. */
export class MetricFamilies {
  private readonly registry: Registry
  private readonly prefix: string
  private readonly clock: { nowMs(): number }
  private readonly families = new Map<string, Family>()

  constructor(registry: Registry, prefix: string, clock: { nowMs(): number }) {
    this.registry = registry
    this.prefix = prefix
    this.clock = clock
  }

  /** The same name and labels give the same instrument. @throws {SluiceError} `METRIC_UNKNOWN` */
  instrument<I extends Instrument>(name: string, type: MetricDefinition['type'], labels: Labels): I {
    let family = this.families.get(name)
    if (family === undefined) {
      family = this.create(name)
      this.families.set(name, family)
    }
    if (family.type !== type) throw unknown(name, `is a ${family.type}, not a ${type}`)
    return family.instrument(labels) as I
  }

  private create(name: string): Family {
    const definition = definitionOf(name)
    const options = this.options(name, definition)
    if (definition.type === 'histogram') return histogramFamily(name, options, definition.buckets ?? [])
    if (definition.type === 'counter') return counterFamily(name, options)
    const family = gaugeFamily(name, options)
    if (name === 'current_output_watermark_ms') this.deriveLag(family)
    return family
  }

  private deriveLag(watermarks: Family<BufferedGauge>): void {
    const name = 'watermark_lag_ms'
    const lag = new PromGauge({
      ...this.options(name, METRICS[name]),
      collect: () => {
        lag.reset()
        for (const [labels, { value }] of watermarks.entries()) {
          if (Number.isFinite(value)) lag.set(labels, this.clock.nowMs() - value)
        }
      },
    })
  }

  private options(name: string, definition: MetricDefinition) {
    const labelNames = [...SCOPE_LABELS, ...(definition.labels ?? [])]
    return { name: this.prefix + name, help: definition.help, labelNames, registers: [this.registry] }
  }
}

type PrometheusOptions = ReturnType<MetricFamilies['options']>

/** All instruments of one name. */
class Family<I extends Instrument = Instrument> {
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
      gauge.reset()
      for (const [labels, { value }] of family.entries()) {
        if (Number.isFinite(value)) gauge.set(labels, value)
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
  if (name === 'watermark_lag_ms') throw unknown(name, 'is derived: set current_output_watermark_ms')
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
