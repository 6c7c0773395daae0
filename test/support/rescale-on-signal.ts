/** Loaded before the CLI, this makes a coordinator rescale its job by one subtask, down or up again, at each SIGUSR2. */
import { isMainThread } from 'node:worker_threads'

const isCoordinator = !process.argv[1]!.includes('/runtime/worker/')
// Also before there is a job: otherwise the signal ends the process.
if (isMainThread && isCoordinator) await rescaleOn('SIGUSR2')

async function rescaleOn(signal: NodeJS.Signals): Promise<void> {
  const { JobMaster } = await import('../../runtime/coordinator/job-master.ts')
  const { start } = JobMaster.prototype
  let job: InstanceType<typeof JobMaster> | undefined
  JobMaster.prototype.start = function () {
    job = this
    return start.call(this)
  }
  process.on(signal, () => {
    if (job?.state !== 'RUNNING') return
    const from = job.options.parallelism ?? 1
    const parallelism = job.attempt?.options.plan.parallelism === from ? from - 1 : from
    // What became of it is seen from outside.
    job.rescale({ parallelism }).catch(() => {})
  })
}
