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

const HEX = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'))

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const word = () => integer(random, 65_536)
  const version = (word() & 0x0fff) | 0x4000
  const variant = (word() & 0x3fff) | 0x8000
  return `${HEX[word()]}${HEX[word()]}-${HEX[word()]}-${HEX[version]}-${HEX[variant]}-${HEX[word()]}${HEX[word()]}${HEX[word()]}`
}
