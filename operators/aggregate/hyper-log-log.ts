/**
 * HyperLogLog: how many different keys there were, from a sketch of fixed size (Flajolet, Fusy, Gandouet, Meunier 2007).
 *
 * A key's hash has 53 bits, as many as a number holds: two 32-bit murmur3 of its bytes (see codec/key-bytes.ts), seeds 0
 * and 1, the second one's lowest 21 bits above the first. Its highest `precision` bits choose one of 2^precision registers, which
 * keeps the greatest rank seen: one more than the zeros that lead the other bits. As long as the hashes themselves are
 * smaller than the registers they are kept instead, and counted. The estimate is Ertl's, which needs no tables and has no range in
 * which it is biased (New cardinality estimation algorithms for HyperLogLog sketches, 2017, algorithm 6).
 */
import { BufferWriter, murmur3 } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'

/** Of few keys their hashes, of many the registers. */
export type HyperLogLog = Set<number> | Uint8Array

const HASH_BITS = 53
const HIGH_BITS = 0x1f_ffff

/** Adds a key; the sketch may be changed in place. */
export function addKey(sketch: HyperLogLog, key: Key, precision: number): HyperLogLog {
  scratch.clear()
  scratch.key(key)
  const bytes = scratch.written()
  const hash = (murmur3(bytes, 1) & HIGH_BITS) * 2 ** 32 + murmur3(bytes, 0)
  return addHash(sketch, hash, precision)
}

const scratch = new BufferWriter(64)

/** Adds what `from` has seen; `into` may be changed in place. */
export function mergeSketches(into: HyperLogLog, from: HyperLogLog, precision: number): HyperLogLog {
  if (from instanceof Set) {
    let merged = into
    for (const hash of from) merged = addHash(merged, hash, precision)
    return merged
  }
  const registers = into instanceof Set ? registersOf(into, precision) : into
  for (let index = 0; index < from.length; index++) {
    if (from[index]! > registers[index]!) registers[index] = from[index]!
  }
  return registers
}

/** How many different keys were added. */
export function estimate(sketch: HyperLogLog, precision: number): number {
  if (sketch instanceof Set) return sketch.size
  const registers = sketch.length
  const ranks = HASH_BITS - precision
  const having = new Array<number>(ranks + 2).fill(0)
  for (const rank of sketch) having[rank]!++
  let sum = registers * tau(1 - having[ranks + 1]! / registers)
  for (let rank = ranks; rank >= 1; rank--) sum = (sum + having[rank]!) / 2
  sum += registers * sigma(having[0]! / registers)
  return Math.round((registers * registers) / (2 * Math.LN2 * sum))
}

/**
 * ```text
 * uint8 0, varint n, n × varint    hashes
 * uint8 1, bytes                   registers, a byte each
 * ```
 */
export function hyperLogLogCodec(precision: number): ValueCodec<HyperLogLog> {
  return {
    name: `hyperLogLog(${precision})`,
    version: 1,
    write(writer, sketch) {
      if (sketch instanceof Set) {
        writer.uint8(0)
        writer.varint(sketch.size)
        for (const hash of sketch) writer.varint(hash)
      } else {
        writer.uint8(1)
        writer.bytes(sketch)
      }
    },
    read(reader) {
      if (reader.uint8() === 1) return reader.bytes()
      const hashes = new Set<number>()
      for (let left = reader.varint(); left > 0; left--) hashes.add(reader.varint())
      return hashes
    },
    copy: (sketch) => (sketch instanceof Set ? new Set(sketch) : sketch.slice()),
  }
}

function addHash(sketch: HyperLogLog, hash: number, precision: number): HyperLogLog {
  if (sketch instanceof Set) {
    sketch.add(hash)
    // In memory a hash takes some thirty times as much as a register.
    return sketch.size * 32 <= 2 ** precision ? sketch : registersOf(sketch, precision)
  }
  setRegister(sketch, hash, precision)
  return sketch
}

function registersOf(hashes: ReadonlySet<number>, precision: number): Uint8Array {
  const registers = new Uint8Array(2 ** precision)
  for (const hash of hashes) setRegister(registers, hash, precision)
  return registers
}

function setRegister(registers: Uint8Array, hash: number, precision: number): void {
  const restBits = HASH_BITS - precision
  const index = Math.floor(hash / 2 ** restBits)
  const rest = hash - index * 2 ** restBits
  const rank = restBits - bitLength(rest) + 1
  if (rank > registers[index]!) registers[index] = rank
}

/** How many bits a whole number below 2^53 has. */
function bitLength(value: number): number {
  const high = Math.floor(value / 2 ** 32)
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value)
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [power, scale, sum] = [share, 1, share]
  for (;;) {
    power *= power
    const before = sum
    sum += power * scale
    scale += scale
    if (sum === before) return sum
  }
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [root, scale, sum] = [share, 1, 1 - share]
  for (;;) {
    root = Math.sqrt(root)
    const before = sum
    scale /= 2
    sum -= (1 - root) ** 2 * scale
    if (sum === before) return sum / 3
  }
}
