/** JSON with 64-bit integers. */
import { expect, it } from 'vitest'
import { parseJson, printJson } from '../../../../connectors/iceberg/format/json.ts'

it('keeps all digits of ids, and prints what it read', () => {
  const text = '{"current-snapshot-id":5123456789012345678,"format-version":2,"unknown":9007199254740993}'
  const parsed = parseJson(text)
  expect(parsed).toEqual({
    'current-snapshot-id': 5_123_456_789_012_345_678n,
    'format-version': 2,
    unknown: 9_007_199_254_740_993n,
  })
  expect(printJson(parsed)).toBe(text)
})

it('gives ids as bigint whatever their size, and leaves other numbers and text alone', () => {
  expect(parseJson('{"snapshot-id":1,"timestamp-ms":5,"ratio":1e300,"properties":{"snapshot-id":"1"}}')).toEqual({
    'snapshot-id': 1n,
    'timestamp-ms': 5,
    ratio: 1e300,
    properties: { 'snapshot-id': '1' },
  })
})
