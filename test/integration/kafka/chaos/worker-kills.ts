/** Workers killed at random moments, and every so often whoever passes a step of the sink, which most often is the coordinator. */
import { FAULT_POINTS, type FaultPoint } from '../../../../runtime/fault-point.ts'
import { type KillRecord, printKill } from '../../../recovery/chaos/kill-report.ts'
import { isAlive } from '../../../support/process-state.ts'
import { until } from '../../../support/run-process.ts'
import type { DisturbedJob } from './disturbed-job.ts'

const MAX_DELAY_MS = 800
/** So many workers are killed for each process that is killed at a step of the sink. */
const WORKERS_PER_STEP = 4

const STEPS = (Object.keys(FAULT_POINTS) as FaultPoint[]).filter((name) => name.startsWith('kafka-sink.'))

export async function killWorkers(job: DisturbedJob, kills: number, random: () => number): Promise<string> {
  const records: KillRecord[] = []
  let killedAtMs = 0
  let checkpointAtKill = 0n

  async function killed(at: KillRecord['at'], pid: number, atMs: number): Promise<void> {
    const role = pid === job.coordinator.pid ? 'coordinator' : 'worker'
    await until(`the ${role} ${pid} is dead`, () => !isAlive(pid))
    if (role === 'coordinator') job.start()
    const checkpoint = await job.checkpoints.lastId()
    records.push({
      number: records.length + 1,
      at,
      role,
      pid,
      recordsInFlight: job.processes.readBeyond(await job.checkpoints.manifest(), killedAtMs, atMs),
      checkpoints: Number(checkpoint - checkpointAtKill),
    })
    console.log(printKill(records.at(-1)!))
    killedAtMs = atMs
    checkpointAtKill = checkpoint
  }

  for (let n = 0; n < kills; n++) {
    await job.untilCheckpoint()
    const atMs = Date.now() + Math.floor(random() * MAX_DELAY_MS)
    await job.until('a worker at a random moment', () => Date.now() >= atMs && job.workers.length > 0)
    const pid = job.workers[Math.floor(random() * job.workers.length)]!
    process.kill(pid, 'SIGKILL')
    await killed('random', pid, Date.now())
    if (n % WORKERS_PER_STEP !== 1) continue
    await job.untilCheckpoint()
    const step = STEPS[Math.floor(n / WORKERS_PER_STEP) % STEPS.length]!
    job.fault.arm(step, 'kill')
    // A worker that dies makes an attempt begin, which meets the fault.
    if (isPassedByFence(step)) process.kill(job.workers[0]!, 'SIGKILL')
    const claim = await job.fault.claimed(step)
    await killed(step, claim.pid, claim.atMs)
  }
  const workers = records.filter(({ at }) => at === 'random').length
  const inFlight = records.filter(({ recordsInFlight }) => recordsInFlight > 0).length
  return `${workers} kills of workers at random moments and ${records.length - workers} at steps of the sink, ${inFlight} with records in flight`
}

/** Passed only while an attempt begins. */
function isPassedByFence(step: FaultPoint): boolean {
  return step === 'kafka-sink.after-init' || step === 'kafka-sink.after-fence'
}
