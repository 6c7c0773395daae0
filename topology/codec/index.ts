/** Codecs of keyed state: how values become bytes in a checkpoint. */
export { BufferReader } from './buffer-reader.ts'
export { BufferWriter } from './buffer-writer.ts'
export { keySet, list, map, nullable, tuple, type ValueOf } from './composite.ts'
export { dynamic } from './dynamic.ts'
export { murmur3 } from './murmur3.ts'
export { bytes, json } from './object.ts'
export { bigint, boolean, float64, int64, key, string, varint } from './scalar.ts'
