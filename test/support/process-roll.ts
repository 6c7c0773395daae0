/**
 * Loaded before the CLI, this writes each process of a job into a file as it begins: `coordinator <pid>` or
 * `worker <pid> <pid of its coordinator>` a line. Workers load what their coordinator has loaded.
 */
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const isWorker = process.argv[1]!.includes('/runtime/worker/')
  const line = isWorker ? `worker ${process.pid} ${process.ppid}` : `coordinator ${process.pid}`
  appendFileSync(process.env['SLUICE_TEST_ROLL']!, `${line}\n`)
}
