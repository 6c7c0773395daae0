import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { operatorEntries, withGeneratedSections } from '../house/generated-sections.ts'
import { root } from './fences.ts'

it('has README.md as the code is; `npm run docs` brings it up to date', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(readme).toBe(withGeneratedSections(readme))
})

it('finds every operator, and a first sentence for each', () => {
  const entries = operatorEntries()
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['map', 'keyBy', 'aggregate', 'bronzeLayer']))
  expect(entries.filter(({ sentence }) => !/^[A-Z0-9].{8,}\.$/.test(sentence))).toEqual([])
})
