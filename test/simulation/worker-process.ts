/** Starts worker processes, each with the production worker in it. */
import { checkpointFiles } from '../../runtime/checkpoint/checkpoint-files.ts'
import type { Launcher, WorkerHandle } from '../../runtime/coordinator/launcher.ts'
import type { Heartbeat } from '../../runtime/protocol/heartbeat.ts'
import { messages } from '../../runtime/protocol/message-connection.ts'
import { Worker } from '../../runtime/worker/worker.ts'
import { SluiceError } from '../../topology/errors.ts'
import { compile } from '../../topology/plan/compile.ts'
import { silentMetrics } from '../support/silent.ts'
import type { Machine } from './machines.ts'
import { CHECKPOINT_ROOT, simulatedJob, UNUSED_CONNECTIONS } from './simulated-job.ts'

export const HEARTBEAT_INTERVAL_MS = 400

/** Of a coordinator: its workers live on though it is killed, until they hear of it. */
export function workerLauncher({ machines, process: coordinator }: Machine): Launcher {
  const { world, climate } = machines
  return {
    heartbeats: true,
    launch: (worker, address, token) =>
      new Promise((resolve, reject) => {
        world.schedule(world.between(1, 60), () => {
          if (coordinator.state === 'dead') return
          if (world.chance(climate.weather.spawnFails)) {
            coordinator.schedule(1, () => reject(new SluiceError('WORKER_START_FAILED', 'there is no memory left')))
            return
          }
          const machine = machines.start(`${coordinator.name}${worker}`)
          void runWorker(machine, worker, address, token)
          const handle = handleOf(machine, coordinator)
          coordinator.schedule(1, () => resolve(handle))
        })
      }),
  }
}

async function runWorker(machine: Machine, name: string, address: string, token: string): Promise<void> {
  const { process, transport, files, logger } = machine
  const topology = simulatedJob(machine)
  try {
    const worker = await Worker.connect(address, {
      name,
      pid: process.pid,
      token,
      transport,
      loadPlan: async ({ plan }) => compile(topology, plan),
      openConnections: async () => UNUSED_CONNECTIONS,
      files: checkpointFiles(files, CHECKPOINT_ROOT),
      clock: process.clock,
      logger,
      metrics: () => silentMetrics,
    })
    void sendHeartbeats(machine, name, address, token)
    await worker.done
    process.end('exit code 0')
  } catch (error) {
    process.end(`exit code 1: ${(error as Error).message}`)
  }
}

/** As the thread of heartbeats does in earnest. */
async function sendHeartbeats({ process, transport }: Machine, worker: string, address: string, token: string) {
  try {
    const connection = messages<never, Heartbeat>(await transport.connect(address))
    const beat = () => {
      connection.send({ type: 'heartbeat', worker, token, loopStalledMs: 0 })
      process.schedule(HEARTBEAT_INTERVAL_MS, beat)
    }
    beat()
  } catch (error) {
    process.end(`exit code 1: ${(error as Error).message}`)
  }
}

function handleOf({ machines, process }: Machine, coordinator: Machine['process']): WorkerHandle {
  const { world } = machines
  return {
    pid: process.pid,
    // One that is stopped may go on before the signal gets through.
    kill: () => void world.schedule(world.chance(0.3) ? world.between(0, 2_000) : 0.1, () => process.end('SIGKILL')),
    exited: new Promise((resolve) => {
      const tell = (how: string) => void coordinator.schedule(world.between(0.1, 5), () => resolve(how))
      if (process.state === 'dead') tell('it is gone')
      else process.onDeath.push(tell)
    }),
  }
}
