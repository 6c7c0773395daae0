/** Runs a job with its coordinator in this process: reachable over REST, watched on standard error, stopped by Ctrl-C. */
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { Topology } from '../../topology/topology.ts'
import { JobMasterControl } from '../control/job-master-control.ts'
import { openControl } from '../control/open-control.ts'
import { openJobMaster, type SubmitOptions } from '../control/open-job-master.ts'
import type { CommandContext } from './command-context.ts'
import { watchProgress } from './job-progress.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Resolves when the job has ended. @throws what made it fail */
export async function runWatched(
  context: CommandContext,
  topology: Topology,
  options: SubmitOptions,
): Promise<JobStatus> {
  const { clock, signal, stderr } = context.environment
  const { config, logger, metrics } = options
  await using opened = new AsyncDisposableStack()
  const { master, close } = await openJobMaster(topology, options)
  opened.defer(close)
  const control = new JobMasterControl({
    master,
    runDirectory: config.runDirectory,
    metrics: () => metrics.values(topology.name),
  })
  opened.use(
    await openControl({ control, config, job: topology.name, metricsText: () => metrics.text(), clock, logger }),
  )
  const stopping = stopOnSignal(master, signal, stderr)
  using _progress = watchProgress(master, { clock, output: stderr })
  try {
    await master.start()
    return await master.done
  } finally {
    await stopping()
  }
}
