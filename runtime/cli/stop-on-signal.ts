/** Ctrl-C while a job runs. */
import type { JobRun } from '../../topology/contract/job-control.ts'
import type { Output } from './command-context.ts'

/**
 * The first signal stops the job with a savepoint; the process ends at once on the second (see process-environment.ts).
 *
 * @returns a function to call when the job is done: it resolves once a stop that was under way has ended.
 */
export function stopOnSignal(run: JobRun, signal: AbortSignal, output: Output): () => Promise<unknown> {
  let stopped: Promise<unknown> = Promise.resolve()
  const stop = () => {
    output.write(
      '\nStopping with a savepoint. Ctrl-C again ends at once; the next run goes on from the last checkpoint.\n',
    )
    // One that does not run has nothing to save. Why it failed is in `done`.
    stopped = run.stop().catch(() => run.cancel())
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    signal.removeEventListener('abort', stop)
    return stopped
  }
}
