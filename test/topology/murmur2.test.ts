import { describe, expect, test } from 'vitest'
import { murmur2, partitionOfKey } from '../../topology/murmur2.ts'
import { bytes } from '../connectors/log/setup.ts'

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest#testMurmur2
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Java computes', (key, hash) => {
    expect(murmur2(bytes(key))).toBe(hash)
  })

  test('a negative hash is made positive as Kafka does, by its sign bit', () => {
    expect(partitionOfKey(bytes('21'), 10)).toBe((-973932308 & 0x7fffffff) % 10)
    expect(partitionOfKey(bytes('abc'), 7)).toBe(479470107 % 7)
  })

  test('an empty key has a partition', () => {
    expect(partitionOfKey(new Uint8Array(), 4)).toBeLessThan(4)
  })
})
