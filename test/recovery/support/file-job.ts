/** Copies rows of files into files, a checkpoint every few milliseconds. */
import { join } from 'node:path'
import { z } from 'zod'
import { map } from '../../../operators/index.ts'
import { files } from '../../../topology/files.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'

const folder = process.env['FILE_JOB_DIR']!
const Line = z.object({ n: z.number() })

export default topology('file-job', ({ from }) => {
  from(files(join(folder, 'in/*.jsonl'), Line, { name: 'in' }))
    .pipe(map(({ n }) => ({ n })))
    .pipe(to(files(join(folder, 'out'), Line, { name: 'out', format: 'jsonl', rollBytes: 500 })))
})
