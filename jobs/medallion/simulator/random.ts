/** Seeded randomness: the same seed gives the same shop, anywhere. */
import { createHash } from 'node:crypto'
import type { Random } from '../../../topology/contract/clock.ts'

/** Uniform in [0, 1), from any text. Small fast counter (sfc32) of PractRand. */
export function seededRandom(seed: string): Random {
  const digest = createHash('sha256').update(seed).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = 1
  return () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 4_294_967_296
  }
}

/** An integer in [0, below). */
export function integer(random: Random, below: number): number {
  return Math.floor(random() * below)
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const word = () => (random() * 4_294_967_296) >>> 0
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const [a, b, c, d] = [word(), word(), word(), word()]
  const version = hex((b & 0x0fff) | 0x4000, 4)
  const variant = hex(((c >>> 16) & 0x3fff) | 0x8000, 4)
  return `${hex(a, 8)}-${hex(b >>> 16, 4)}-${version}-${variant}-${hex(c & 0xffff, 4)}${hex(d, 8)}`
}
