/** Starts a job and waits until it runs. */
import { JobMaster } from './job-master.ts'
import type { JobOptions } from './job-options.ts'

/** @throws what made it fail before it ran: `RESTORE_MISMATCH`, `CHECKPOINT_CORRUPT`, `REWIND_REFUSED`, `FENCED` … */
export async function runJob(options: JobOptions): Promise<JobMaster> {
  const master = new JobMaster(options)
  await master.start()
  return master
}
