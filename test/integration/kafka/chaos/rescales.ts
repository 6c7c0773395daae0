/** A job that is given another parallelism again and again, while records flow. */
import type { DisturbedJob } from './disturbed-job.ts'
import { PARTITIONS } from './names.ts'

export async function rescaleOften(job: DisturbedJob, rescales: number, random: () => number): Promise<string> {
  let parallelism = PARTITIONS
  const steps = [parallelism]
  for (let n = 0; n < rescales; n++) {
    await job.untilCheckpoint()
    // Any other from 1 to as many as there are partitions.
    parallelism = ((parallelism + Math.floor(random() * (PARTITIONS - 1))) % PARTITIONS) + 1
    await job.rescale(parallelism)
    steps.push(parallelism)
  }
  await job.untilCheckpoint()
  console.log(`parallelism ${steps.join(' → ')}`)
  return `${rescales} rescales`
}
