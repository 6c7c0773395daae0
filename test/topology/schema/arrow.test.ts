import { describe, expect, it } from 'vitest'
import { arrowFields, type DataType, type Field } from '../../../topology/schema/index.ts'

const field = (id: number, name: string, type: DataType, required = true): Field => ({ id, name, required, type })

describe('arrowFields', () => {
  it.each<[DataType, object]>([
    [{ kind: 'boolean' }, { name: 'Bool' }],
    [{ kind: 'int' }, { name: 'Int', bitWidth: 32, signed: true }],
    [{ kind: 'long' }, { name: 'Int', bitWidth: 64, signed: true }],
    [{ kind: 'float' }, { name: 'FloatingPoint', precision: 'SINGLE' }],
    [{ kind: 'double' }, { name: 'FloatingPoint', precision: 'DOUBLE' }],
    [
      { kind: 'decimal', precision: 18, scale: 2 },
      { name: 'Decimal', precision: 18, scale: 2, bitWidth: 128 },
    ],
    [{ kind: 'date' }, { name: 'Date', unit: 'DAY' }],
    [{ kind: 'time' }, { name: 'Time', unit: 'MICROSECOND', bitWidth: 64 }],
    [{ kind: 'timestamp' }, { name: 'Timestamp', unit: 'MICROSECOND', timezone: null }],
    [{ kind: 'timestamptz' }, { name: 'Timestamp', unit: 'MICROSECOND', timezone: 'UTC' }],
    [{ kind: 'string' }, { name: 'Utf8' }],
    [{ kind: 'uuid' }, { name: 'FixedSizeBinary', byteWidth: 16 }],
    [
      { kind: 'fixed', length: 3 },
      { name: 'FixedSizeBinary', byteWidth: 3 },
    ],
    [{ kind: 'binary' }, { name: 'Binary' }],
  ])('%o', (type, arrowType) => {
    expect(arrowFields([field(7, 'f', type)])).toEqual([
      { name: 'f', type: arrowType, nullable: false, metadata: { 'PARQUET:field_id': '7' }, children: [] },
    ])
  })

  it('gives nested fields their ids, and unnumbered ones none', () => {
    const struct: DataType = { kind: 'struct', fields: [field(2, 'x', { kind: 'int' }, false)] }
    const list: DataType = { kind: 'list', elementId: 4, element: struct, elementRequired: true }
    const map: DataType = {
      kind: 'map',
      keyId: 6,
      key: { kind: 'string' },
      valueId: -1,
      value: { kind: 'long' },
      valueRequired: false,
    }
    const x = {
      name: 'x',
      type: { name: 'Int', bitWidth: 32, signed: true },
      nullable: true,
      metadata: { 'PARQUET:field_id': '2' },
      children: [],
    }
    expect(arrowFields([field(3, 'l', list), field(5, 'm', map, false)])).toEqual([
      {
        name: 'l',
        type: { name: 'List' },
        nullable: false,
        metadata: { 'PARQUET:field_id': '3' },
        children: [
          {
            name: 'element',
            type: { name: 'Struct' },
            nullable: false,
            metadata: { 'PARQUET:field_id': '4' },
            children: [x],
          },
        ],
      },
      {
        name: 'm',
        type: { name: 'Map', keysSorted: false },
        nullable: true,
        metadata: { 'PARQUET:field_id': '5' },
        children: [
          {
            name: 'key_value',
            type: { name: 'Struct' },
            nullable: false,
            metadata: {},
            children: [
              {
                name: 'key',
                type: { name: 'Utf8' },
                nullable: false,
                metadata: { 'PARQUET:field_id': '6' },
                children: [],
              },
              {
                name: 'value',
                type: { name: 'Int', bitWidth: 64, signed: true },
                nullable: true,
                metadata: {},
                children: [],
              },
            ],
          },
        ],
      },
    ])
  })
})
