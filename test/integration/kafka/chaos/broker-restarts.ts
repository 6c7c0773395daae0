/** The only broker there is, killed or ended and started again under a job that runs. */
import type { Broker } from '../broker.ts'
import type { DisturbedJob } from './disturbed-job.ts'

/** So many of each kind. */
export async function restartBrokers(job: DisturbedJob, broker: Broker, restarts: number): Promise<string> {
  for (let n = 1; n <= restarts; n++) {
    for (const how of ['hard', 'clean'] as const) {
      await job.untilCheckpoint()
      const startedMs = performance.now()
      await broker.restart(how)
      const backMs = performance.now()
      await job.untilCheckpoint()
      console.log(
        `${how} restart ${n}: the broker was back in ${seconds(backMs - startedMs)} s, ` +
          `a checkpoint complete ${seconds(performance.now() - backMs)} s later`,
      )
    }
  }
  return `${restarts} hard and ${restarts} clean restarts of the broker`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
