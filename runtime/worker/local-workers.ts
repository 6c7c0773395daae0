/** Workers in this process: for jobs that need no other, and for tests. */
import { compile } from '../../topology/plan/compile.ts'
import type { Topology } from '../../topology/topology.ts'
import { LocalTransport } from '../transport/local-transport.ts'
import type { Transport } from '../transport/transport.ts'
import { collectLessOften } from './heap-growth.ts'
import { Worker, type WorkerOptions } from './worker.ts'

export interface LocalWorkersOptions
  extends Pick<WorkerOptions, 'files' | 'clock' | 'logger' | 'metrics' | 'statusIntervalMs'> {
  readonly topology: Topology
  readonly connections: Awaited<ReturnType<WorkerOptions['openConnections']>>
}

/** What a job master's pool needs. */
export interface Workers {
  readonly transport: Transport
  readonly launcher: {
    launch(worker: string, address: string, token: string): Promise<LocalWorker>
    readonly heartbeats: boolean
  }
  readonly token: string
}

interface LocalWorker {
  readonly pid: number
  kill(): void
  readonly exited: Promise<string>
}

export function localWorkers({ topology, connections, ...options }: LocalWorkersOptions): Workers {
  const transport = new LocalTransport()
  return {
    transport,
    token: 'local',
    launcher: {
      heartbeats: false,
      async launch(name, address, token) {
        collectLessOften()
        const worker = await Worker.connect(address, {
          ...options,
          name,
          pid: process.pid,
          token,
          transport,
          loadPlan: async ({ plan }) => compile(topology, plan),
          openConnections: async () => connections,
        })
        const exited = worker.done.then(() => 'it was ended')
        return { pid: process.pid, kill: () => worker.leave(), exited }
      },
    },
  }
}
