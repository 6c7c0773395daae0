/** Generated functions: names stay names, and forbidden code generation only costs speed. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { columnReader } from '../../topology/column-reader.ts'

const hostile = ['"]; throw 1; ["', "'", '\\', '\u2028', '__proto__', 'constructor', '`', 'a b']

it.each(hostile)('takes the field %j for a name', (field) => {
  const row = Object.fromEntries([[field, 7]])
  expect(columnReader(field)([row, {}])[0]).toBe(7)
})

it('does without where making code is forbidden', () => {
  const script = `
    const { columnReader } = await import('${resolve('topology/column-reader.ts')}')
    const { columnCopier } = await import('${resolve('operators/column-copier.ts')}')
    const to = { b: null, d: null }
    const complete = columnCopier([{ from: 'a', to: 'b' }, { from: 'c', to: 'd' }], new Set(['d']))({ a: 1 }, to)
    console.log(JSON.stringify([columnReader('a')([{ a: 1 }, { a: 2 }]), to, complete]))`
  const output = execFileSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  expect(JSON.parse(output)).toEqual([[1, 2], { b: 1, d: null }, false])
})
