/** The table of metrics against the code that counts them. */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { METRICS } from '../../../runtime/observability/metric-table.ts'

it('describes nothing that is never counted', () => {
  const sources = globSync('{topology,operators,connectors,runtime}/**/*.ts').filter(
    (file) => !file.endsWith('metric-table.ts'),
  )
  const code = sources.map((file) => readFileSync(file, 'utf8')).join('\n')
  expect(sources.length).toBeGreaterThan(100)
  expect(Object.keys(METRICS).filter((name) => !code.includes(`'${name}'`))).toEqual([])
})
