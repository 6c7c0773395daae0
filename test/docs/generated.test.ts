import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withGeneratedSections } from '../house/generated-sections.ts'
import { operatorEntries, undocumented } from '../house/operator-table.ts'
import { root } from './fences.ts'

it('has README.md as the code is; `npm run docs` brings it up to date', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(readme).toBe(withGeneratedSections(readme))
})

it('says of every operator what it does, what it keeps and what holds', () => {
  const entries = operatorEntries()
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['map', 'keyBy', 'aggregate', 'bronzeLayer']))
  const steps = entries.filter(({ isStep }) => isStep).map(({ name }) => name)
  expect(steps).toEqual(expect.arrayContaining(['map', 'branch', 'deduplicate', 'eventTime', 'union', 'bronzeLayer']))
  expect(steps).not.toContain('sum')
  expect(undocumented(entries)).toEqual([])
})
