/** What a coordinator answers when its job can't do what it is asked for. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { JobMasterControl } from '../../../runtime/control/job-master-control.ts'
import { toldJob } from '../coordinator/told-job.ts'

const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

it.each([true, false])(
  'a savepoint of a job that does not run is refused, and nothing else comes of it (async: %s)',
  async (async) => {
    const { master } = toldJob({})
    const control = new JobMasterControl({ master, runDirectory: '/nowhere', metrics: async () => [] })
    await expect(control.savepoint('told', { async })).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  },
)
