/** Runs a session in this process: takes jobs over REST, and keeps theirs running, until it is shut down. */
import type { Logger } from '../../../topology/contract/observability.ts'
import { lockDirectory } from '../job-lock.ts'
import { openControl } from '../open-control.ts'
import { runFiles } from '../run-directory.ts'
import { SessionControl, type SessionOptions } from './session-control.ts'

export interface RunSessionOptions extends SessionOptions {
  /** Aborted: shuts down, stopping each job with a savepoint. */
  readonly signal: AbortSignal
  /** Called when it takes requests, with where. */
  readonly onReady: (ready: { readonly url: string; readonly control: SessionControl }) => void | Promise<void>
}

/**
 * Resolves when it was shut down and every job has ended.
 *
 * @throws {SluiceError} `DATA_IN_USE` when another session has the data directory
 */
export async function runSession(options: RunSessionOptions): Promise<void> {
  const { config, clock, logger, signal, onReady } = options
  using _lock = lockDirectory(runFiles(config.runDirectory).sessionLock, 'a session')
  const control = new SessionControl(options)
  await control.recover()
  const metricsText = () => control.metricsText()
  await using server = await openControl({ control, config, job: null, metricsText, clock, logger })
  const shutDown = () => shutDownLogged(control, logger)
  signal.addEventListener('abort', shutDown, { once: true })
  if (signal.aborted) shutDown()
  await onReady({ url: server.url, control })
  await control.closed
}

function shutDownLogged(control: SessionControl, logger: Logger): void {
  logger.info({ event: 'session-closing' }, 'stopping every job with a savepoint')
  void control.shutdown()
}
