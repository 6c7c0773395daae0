/** A logger and metrics that keep to themselves, for tests that look at other things. */
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'

export interface RecordedLog {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** Collects what is logged into `lines`. */
export function recordingLogger(lines: RecordedLog[] = []): Logger {
  const at = (level: RecordedLog['level']) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message })
  }
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  return logger
}

export const silentMetrics: MetricScope = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {} }),
  timed: (_name, _labels, fn) => fn(),
}
