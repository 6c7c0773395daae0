/** Launching worker processes where the machine does not let us. */
import { tmpdir } from 'node:os'
import { afterEach, expect, it } from 'vitest'
import { loadConfig } from '../../../runtime/config/index.ts'
import { processWorkers } from '../../../runtime/worker/process-workers.ts'

const { execPath } = process
const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)
afterEach(() => {
  process.execPath = execPath
  process.off('unhandledRejection', note)
})

it('a process that cannot be started is a worker that did not start, and nothing else', async () => {
  process.on('unhandledRejection', note)
  const { config } = loadConfig({ env: {}, cwd: tmpdir() })
  using workers = await processWorkers({ job: 'none', file: '/nowhere.ts', config })
  process.execPath = '/nowhere/node'
  await expect(workers.launcher.launch('w1', 'unix:/nowhere', 'token')).rejects.toMatchObject({
    code: 'WORKER_START_FAILED',
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
})
