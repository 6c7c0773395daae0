/** Makes a coordinator reachable: its REST interface served, and announced where the CLI looks. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobControl } from '../../topology/contract/job-control.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { Config } from '../config/config.ts'
import { version } from '../version.ts'
import { announce } from './announcement.ts'
import { type ControlServer, serveControl } from './rest/serve-control.ts'
import { openToken } from './token.ts'

export interface OpenControlOptions {
  readonly control: JobControl
  readonly config: Pick<Config, 'runDirectory' | 'rest'>
  /** The job it runs; null for a session. */
  readonly job: string | null
  /** All its metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Call it as soon as the job's name is known, so that a job that is INITIALIZING can be watched and cancelled; close it
 * when the job has ended and its events are (see RecentEvents.end). Closing withdraws the announcement, then lets every
 * answer under way out.
 *
 * @throws {SluiceError} `REST_UNAVAILABLE`, `REST_UNPROTECTED`, `TOKEN_INVALID`
 */
export async function openControl(options: OpenControlOptions): Promise<ControlServer> {
  const { control, config, job, metricsText, clock, logger } = options
  const { host, port, auth } = config.rest
  const token = auth === 'off' ? undefined : openToken(config.runDirectory)
  const server = await serveControl({ control, host, port, token, metricsText, version, clock, logger })
  const { url } = server
  const announced = announce(config.runDirectory, { job, pid: process.pid, url, startedAtMs: clock.nowMs() })
  logger.info({ event: 'rest-served', url }, `REST at ${url}`)
  const close = () => {
    announced[Symbol.dispose]()
    return server.close()
  }
  return { url, close, [Symbol.asyncDispose]: close }
}
