/** The random numbers of Nexmark events: 32-bit arithmetic only, so that every language draws the same at the same cost. */

/** The finaliser of MurmurHash3 (32 bit). */
export function fmix32(h: number): number {
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** splitmix32 with the finaliser of mulberry32: a stream of draws from any state. */
export class Draws {
  private state = 0

  /** Goes on from a state. */
  from(state: number): void {
    this.state = state
  }

  /** Goes on from where the draws for event `n` of a seed begin: event n depends on (seed, n) only. */
  fromEvent(seed: number, n: number): void {
    const high = Math.floor(n / 2 ** 32)
    this.state = fmix32(n + fmix32(high + seed))
  }

  /** Uniform over unsigned 32 bits. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    const s = this.state
    let t = Math.imul(s ^ (s >>> 15), s | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** A whole number from 0, below `k`. */
  below(k: number): number {
    return Math.floor((this.next() * k) / 2 ** 32)
  }

  /** Cents, from 1.00 to 1,000,000.00, evenly over the orders of magnitude. */
  price(): number {
    return Math.round(10 ** ((6 * this.next()) / 2 ** 32) * 100)
  }
}
