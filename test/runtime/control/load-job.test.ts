/** Job files that can't be run: each named, with the line where there is one, and what to do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { loadJob } from '../../../runtime/control/load-job.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-jobs-'))
afterAll(() => rmSync(directory, { recursive: true }))

const root = resolve(import.meta.dirname, '../../..')
const imports = `
import { topology } from '${root}/topology/topology.ts'
import { topic } from '${root}/topology/topic.ts'
import { window, tumbling, aggregate, count } from '${root}/operators/index.ts'
import { z } from 'zod'
`

it.each([
  ['missing.ts', undefined, 'JOB_NOT_FOUND', /there is no job file missing\.ts/],
  ['syntax.ts', 'export default topology(', 'JOB_INVALID', /syntax\.ts can't be loaded: .*Error/],
  ['no-default.ts', 'export const job = 1', 'JOB_NO_TOPOLOGY', /no-default\.ts has no topology as its default export/],
  ['top-level.ts', 'const a: any = undefined\na.b.c\n', 'JOB_INVALID', /top-level\.ts:2/],
  [
    'throws.ts',
    `${imports}\nexport default topology('t', () => {\n  throw new Error('boom')\n})`,
    'TOPOLOGY_BUILD',
    /boom/,
  ],
  ['no-sink.ts', `${imports}\nexport default topology('t', () => {})`, 'NO_SINK', /no sink/],
  ['name.ts', `${imports}\nexport default topology('T t', () => {})`, 'TOPOLOGY_NAME', /"T t"/],
  [
    'unkeyed.ts',
    `${imports}
export default topology('t', ({ from }) => {
  from(topic('a', z.object({ id: z.string() }))).pipe(window(tumbling(1000 as any)) as any, aggregate({ n: count() }) as any)
})`,
    'UNKEYED',
    /window\(\) works per key/,
  ],
])('%s', async (file, text, code, message) => {
  if (text !== undefined) writeFileSync(join(directory, file), text)
  await expect(loadJob(file, directory)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    fix: expect.stringMatching(/\w/),
  })
})

it('the medallion job', async () => {
  expect((await loadJob('jobs/medallion/job.ts', root)).topology.name).toBe('medallion')
})
