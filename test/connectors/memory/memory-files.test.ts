/** Files in memory do what every place for files does: what is tested with them holds elsewhere. */
import { describe, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { fileIOConformance } from '../../conformance/file-io.ts'

describe('conformance', () => {
  it.each(fileIOConformance)('$name', async ({ run }) => {
    await run({ files: memoryFiles(), root: 'memory:///case', many: 200 })
  })
})
