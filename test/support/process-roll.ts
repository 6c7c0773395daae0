/**
 * Loaded before the CLI, this writes each worker of a job into a file as it begins: `<pid> <pid of its coordinator>` a line.
 * Workers load what their coordinator has loaded.
 */
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.argv[1]!.includes('/runtime/worker/')) {
  appendFileSync(process.env['SLUICE_TEST_ROLL']!, `${process.pid} ${process.ppid}\n`)
}
