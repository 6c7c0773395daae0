/** A worker in a process of its own: it lives as long as its coordinator holds the connection. */
import { rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { SluiceError } from '../../topology/errors.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import { checkpointFiles } from '../checkpoint/checkpoint-files.ts'
import { openConnections, openFiles } from '../compose/index.ts'
import { type LoadedJob, loadJob } from '../control/load-job.ts'
import { changedFiles } from '../control/module-files.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics } from '../observability/metrics.ts'
import type { Deployment } from '../protocol/messages.ts'
import { systemClock } from '../time/system-clock.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import { collectLessOften } from './heap-growth.ts'
import { startHeartbeats } from './heartbeats.ts'
import type { WorkerStart } from './process-workers.ts'
import { Worker } from './worker.ts'

export async function runWorkerProcess(): Promise<void> {
  const start = JSON.parse(await text(process.stdin)) as WorkerStart
  collectLessOften()
  const { worker: name, address, token, job, file, config } = start
  // A terminal's Ctrl-C reaches the whole group: what it means is for the coordinator to say.
  process.on('SIGINT', () => {})
  const clock = systemClock
  const logger = await createLogger({ ...config.log, clock, fields: { job, worker: name } })
  const metrics = createMetrics({ prefix: config.metrics.prefix, clock })
  const context = { clock, logger }
  const transport = new SocketTransport(start.transport)
  // Both take their time, and the coordinator will not ask for them before it has read the checkpoint.
  const loaded = loadJob(file, process.cwd())
  const connections = openConnections(config, context)
  for (const early of [loaded, connections]) early.catch(() => {})
  const worker = await Worker.connect(address, {
    name,
    pid: process.pid,
    token,
    transport,
    loadPlan: async (deployment) => planOf(await loaded, deployment),
    openConnections: () => connections,
    files: checkpointFiles(await openFiles(config, context), `${config.checkpoints}/${job}`),
    clock,
    logger,
    metrics: (labels) => metrics.scope({ job, ...labels }),
    collectMetrics: () => metrics.snapshot(),
  })
  process.on('SIGTERM', () => worker.leave())
  startHeartbeats({
    address,
    token,
    worker: name,
    transport: start.transport,
    intervalMs: config.worker.heartbeatIntervalMs,
  })
  await worker.done
  // A coordinator that was killed has left the directory of their sockets behind.
  if (process.ppid !== start.coordinatorPid && start.transport.listenAt.startsWith('unix:')) {
    rmSync(start.transport.listenAt.slice('unix:'.length), { recursive: true, force: true })
  }
  process.exit(0)
}

/** @throws {SluiceError} `JOB_CHANGED` */
function planOf({ topology, files }: LoadedJob, deployment: Deployment): Plan {
  const changed = deployment.files === undefined ? [] : changedFiles(files, deployment.files)
  if (changed.length > 0) {
    throw new SluiceError('JOB_CHANGED', `files of the job have changed since its submission: ${changed.join(', ')}`, {
      fix: 'Submit the job again, and it goes on from its last checkpoint with the files as they are now; or bring them back first.',
      details: { files: changed },
    })
  }
  return compile(topology, deployment.plan)
}
