import { expect, it } from 'vitest'
import { asModule, docstringExamples, documentNames } from './docstring-examples.ts'
import { fencesOf, root } from './fences.ts'
import { typeCheck } from './type-check.ts'

const examples = docstringExamples()
const fences = ['README.md', 'CONTRIBUTING.md']
  .flatMap((document) => fencesOf(document))
  .filter(({ language }) => language === 'ts')

it('finds the examples of docstrings and documents', () => {
  expect(examples.length).toBeGreaterThan(30)
  expect(fences.length).toBeGreaterThan(2)
  expect(examples.map(({ at }) => at.split(':')[0])).toEqual(
    expect.arrayContaining(['operators/map.ts', 'operators/window/aggregate.ts', 'topology/topology.ts']),
  )
})

it('has no example that leaves something out', () => {
  expect([...examples, ...fences].filter(({ code }) => code.includes('…')).map(({ at }) => at)).toEqual([])
})

it('type-checks every example, and would notice one that does not', async () => {
  // "Your first job" is imported by its test.
  const job = `./module-${examples.length + fences.findIndex(({ code }) => code.includes("topology('orders'"))}.ts`
  const modules = new Map([
    ...examples.map(({ at, module }) => [at, module] as const),
    ...fences.map(({ at, code }) => [at, documentModule(code).replaceAll("'./job.ts'", `'${job}'`)] as const),
    ['wrong', asModule('orders.pipe(map((order) => order.noSuchField))', documentNames())],
  ])
  const complaints = await typeCheck(modules)
  expect([...complaints].filter(([at]) => at !== 'wrong')).toEqual([])
  expect(complaints.get('wrong')).toEqual([expect.stringContaining('noSuchField')])
})

/** A fence that imports is a whole file of some room; any other is a fragment. */
function documentModule(code: string): string {
  return code.includes('import ')
    ? code.replaceAll(/from '(\.\.\/)+/g, `from '${root}/`)
    : asModule(code, documentNames())
}
