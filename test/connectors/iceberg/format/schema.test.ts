/** Schemas in JSON, fresh ids, and what a table takes from a job. */
import { describe, expect, it } from 'vitest'
import { compareSchema } from '../../../../connectors/iceberg/format/compare-schema.ts'
import { assignFreshIds } from '../../../../connectors/iceberg/format/field-ids.ts'
import { schemaFromJson, schemaToJson } from '../../../../connectors/iceberg/format/schema.ts'
import type { DataType, Field } from '../../../../topology/schema/types.ts'
import { field } from '../support/warehouse.ts'

const struct = (...fields: Field[]): DataType => ({ kind: 'struct', fields })
const list = (element: DataType): DataType => ({ kind: 'list', elementId: -1, element, elementRequired: true })
const map = (key: DataType, value: DataType): DataType => ({
  kind: 'map',
  keyId: -1,
  key,
  valueId: -1,
  value,
  valueRequired: false,
})

const FIELDS = [
  field('a', struct(field('b', 'int'), field('c', list(struct(field('d', 'uuid')))))),
  field('e', map({ kind: 'string' }, struct(field('f', { kind: 'fixed', length: 8 })))),
  { ...field('g', { kind: 'decimal', precision: 9, scale: 2 }, true), doc: 'money' },
]

it('numbers a level before what is nested in it', () => {
  const ids = { last: 0 }
  const [a, e, g] = assignFreshIds(FIELDS, ids) as [any, any, any]
  expect([a.id, e.id, g.id]).toEqual([1, 2, 3])
  expect(a.type.fields.map((nested: Field) => nested.id)).toEqual([4, 5])
  expect(a.type.fields[1].type.elementId).toBe(6)
  expect(a.type.fields[1].type.element.fields[0].id).toBe(7)
  expect([e.type.keyId, e.type.valueId, e.type.value.fields[0].id]).toEqual([8, 9, 10])
  expect(ids.last).toBe(10)
})

it('keeps a schema through JSON', () => {
  const fields = assignFreshIds(FIELDS, { last: 0 })
  const json = JSON.parse(JSON.stringify(schemaToJson(3, fields)))
  expect(json['schema-id']).toBe(3)
  expect(json.fields[2]).toEqual({ id: 3, name: 'g', required: true, type: 'decimal(9, 2)', doc: 'money' })
  expect(schemaFromJson(json)).toEqual(fields)
})

it('reads decimals however they are spaced, and refuses types of other versions', () => {
  const read = (type: string) => schemaFromJson({ fields: [{ id: 1, name: 'x', required: true, type }] })[0]!.type
  expect(read('decimal(9,2)')).toEqual({ kind: 'decimal', precision: 9, scale: 2 })
  expect(read('fixed[16]')).toEqual({ kind: 'fixed', length: 16 })
  expect(() => read('geometry')).toThrow(expect.objectContaining({ code: 'TYPE_UNSUPPORTED' }))
})

describe('compareSchema', () => {
  const table = assignFreshIds([field('id', 'int', true), field('s', struct(field('x', 'float')))], { last: 0 })

  it('finds nothing to do where the shapes agree', () => {
    const same = compareSchema(table, [field('s', struct(field('x', 'float'))), field('id', 'int', true)], 3)
    expect(same).toEqual({ fields: table, lastColumnId: 3, changed: false, differences: [] })
  })

  it('widens types and adds optional columns, at any depth, with new ids', () => {
    const job = [
      field('id', 'long', true),
      field('s', struct(field('x', 'double'), field('y', 'int'))),
      field('z', 'date'),
    ]
    const { fields, lastColumnId, differences } = compareSchema(table, job, 3)
    expect(differences).toEqual([])
    expect(lastColumnId).toBe(5)
    expect(fields.map(({ id, name }) => [id, name])).toEqual([
      [1, 'id'],
      [2, 's'],
      [5, 'z'],
    ])
    expect((fields[1]!.type as any).fields.map(({ id, type }: Field) => [id, type.kind])).toEqual([
      [3, 'double'],
      [4, 'int'],
    ])
  })

  it('lists every other difference', () => {
    const job = [field('id', 'string'), field('new', 'int', true)]
    expect(compareSchema(table, job, 3).differences).toEqual([
      "column 'id' is required in the table, but optional in the job",
      "column 'id' is int in the table, but string in the job",
      "column 's' (struct<x: float>) is in the table, but not in the job",
      "column 'new' (int) is not in the table, and only optional ones can be added",
    ])
  })

  it.each([
    ['long', 'int'],
    ['double', 'float'],
    ['timestamp', 'timestamptz'],
  ] as const)('does not make %s out of %s', (from, to) => {
    expect(compareSchema([{ ...field('x', from), id: 1 }], [field('x', to)], 1).differences).toHaveLength(1)
  })
})
