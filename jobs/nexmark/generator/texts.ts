/** The strings of Nexmark events: slices of a fixed pool, so that their cost is the same for everybody. */
import { Draws, fmix32 } from './draws.ts'

const POOL_LETTERS = 65_536
/** No slice is longer than what is left behind the last offset: 1,024 letters. */
const POOL_OFFSETS = 64_512
const CHANNELS = 10_000
const BRANDS = ['Google', 'Facebook', 'Baidu', 'Apple'] as const

/** A channel that bids come by, with its address. */
export interface Channel {
  readonly channel: string
  readonly url: string
}

export class Texts {
  /** 10,000 channels by number, and behind them the four that everybody knows. */
  readonly channels: readonly Channel[]
  private readonly pool: string
  private readonly draws: Draws

  /** @param draws what lengths and offsets are drawn from; the pool and the channels have their own */
  constructor(seed: number, draws: Draws) {
    this.draws = draws
    this.pool = letters(POOL_LETTERS, drawsFrom(fmix32(seed ^ 0x900150)))
    this.channels = createChannels(drawsFrom(fmix32(seed ^ 0x7ab1e5)))
  }

  /** 3 to `max` − 1 letters. */
  string(max: number): string {
    return this.take(3 + this.draws.below(max - 3))
  }

  /** Letters that bring an event of `size` bytes to about `average`. */
  extra(size: number, average: number): string {
    if (size > average) return ''
    const missing = average - size
    const delta = Math.floor((2 * missing + 5) / 10)
    return this.take(missing - delta + (delta === 0 ? 0 : this.draws.below(2 * delta)))
  }

  private take(length: number): string {
    const offset = this.draws.below(POOL_OFFSETS)
    return this.pool.substring(offset, offset + length)
  }
}

function drawsFrom(state: number): Draws {
  const draws = new Draws()
  draws.from(state)
  return draws
}

function letters(count: number, draws: Draws): string {
  const codes = Uint8Array.from({ length: count }, () => 97 + draws.below(26))
  return Buffer.from(codes.buffer).toString('latin1')
}

function createChannels(draws: Draws): Channel[] {
  return Array.from({ length: CHANNELS + BRANDS.length }, (_, i) => {
    const path = `${letters(5, draws)}/${letters(5, draws)}/${letters(5, draws)}`
    const url = `https://www.nexmark.com/${path}/item.htm?query=1`
    if (i >= CHANNELS) return { channel: BRANDS[i - CHANNELS]!, url }
    return { channel: `channel-${i}`, url: draws.below(10) > 0 ? `${url}&channel_id=${channelId(i)}` : url }
  })
}

/** |reverse32(i)| as 32-bit arithmetic has it: −2147483648 for 1. */
function channelId(i: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) if ((i >>> bit) & 1) reversed |= 1 << (31 - bit)
  return Math.abs(reversed) | 0
}
