import { describe, expect, it } from 'vitest'
import { columnCopier } from '../../operators/column-copier.ts'
import { emptyRow } from '../../operators/row-shape.ts'

describe.each([0, 1, 2, 31, 32, 33, 100])('a copy of %i columns', (count) => {
  const columns = Array.from({ length: count }, (_, index) => ({ from: `from${index}`, to: `to${index}` }))
  const from = Object.fromEntries(columns.map((column, index) => [column.from, index]))
  const to = Object.fromEntries(columns.map((column, index) => [column.to, index]))
  const empty = emptyRow(columns.map((column) => column.to))

  it('takes each to its place', () => {
    const row = { ...empty }
    expect(columnCopier(columns)({ ...from, other: 1 }, row)).toBe(true)
    expect(row).toEqual(to)
    expect(Object.keys(row)).toEqual(Object.keys(to))
  })

  it('leaves null what is absent, and tells when it is required', () => {
    for (let index = 0; index < count; index++) {
      const row = { ...empty }
      const copy = columnCopier(columns, new Set([`to${index}`]))
      expect(copy({ ...from, [`from${index}`]: undefined }, row)).toBe(false)
      expect(row).toEqual({ ...to, [`to${index}`]: null })
      expect(copy(from, { ...empty })).toBe(true)
    }
  })
})

it('copiers do not disturb each other', () => {
  const copiers = Array.from({ length: 20 }, (_, index) => columnCopier([{ from: `a${index}`, to: `b${index}` }]))
  for (const [index, copy] of copiers.entries()) {
    const row = emptyRow([`b${index}`])
    copy({ [`a${index}`]: index }, row)
    expect(row).toEqual({ [`b${index}`]: index })
  }
})
