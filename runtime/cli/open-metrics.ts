/** The metrics of a command that runs a job, served while it runs. */
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { serveMetrics } from '../observability/metrics-server.ts'
import type { CommandContext } from './command-context.ts'

/** Serves `/metrics` unless METRICS_PORT is off; the address is logged. Closed with the command. */
export async function openMetrics(context: CommandContext): Promise<Metrics> {
  const { prefix, host, port } = (await context.config()).config.metrics
  const metrics = createMetrics({ prefix, clock: context.environment.clock })
  if (port !== 'off') {
    const server = context.resources.use(await serveMetrics({ metrics, host, port }))
    const logger = await context.logger()
    logger.info({ event: 'metrics-served', url: server.url }, `metrics at ${server.url}`)
  }
  return metrics
}
