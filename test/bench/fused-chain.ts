/** A fused chain of four user functions against a hand-written loop that calls the same four. */

import { memorySink } from '../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../connectors/memory/memory-source.ts'
import { filter } from '../../operators/filter.ts'
import { map } from '../../operators/map.ts'
import { rowChain } from '../../runtime/worker/row-chain.ts'
import { Batch } from '../../topology/element.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { type Measurement, sideBySide } from './measure.ts'

interface Bid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
}
interface Priced {
  readonly auction: number
  readonly euros: number
}

const BATCH_ROWS = 1024
const BATCHES = 64
const REPEATS = 150

const cheap = (bid: Bid): boolean => bid.price < 900
const toEuros = (bid: Bid): Priced => ({ auction: bid.auction, euros: bid.price * 0.908 })
const even = (priced: Priced): boolean => (priced.auction & 1) === 0
const rounded = (priced: Priced): Priced => ({ auction: priced.auction, euros: Math.round(priced.euros) })

/** The target is half of the loop's speed. */
export async function benchFusedChain(): Promise<Measurement[]> {
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: BATCH_ROWS }, (_, row) => ({
      auction: batch * BATCH_ROWS + row,
      bidder: row,
      price: (row * 7919) % 1000,
    })),
  )
  const job = topology('bench', ({ fromSource }) => {
    fromSource<Bid>('bids', () => memorySource({ splits: [] })).pipe(
      filter(cheap),
      map(toEuros),
      filter(even),
      map(rounded),
      to(memorySink<Priced>('out')),
    )
  })
  const chain = await rowChain(job.nodes.filter((node) => node.behaviour.type === 'row'))
  let checksum = 0
  const byHand = () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const rows of batches) {
        const out: Priced[] = []
        for (let index = 0; index < rows.length; index++) {
          const bid = rows[index]!
          if (!cheap(bid)) continue
          const priced = toEuros(bid)
          if (!even(priced)) continue
          out.push(rounded(priced))
        }
        checksum += out.length
      }
    }
  }
  const fused = () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const rows of batches) checksum -= chain(new Batch(rows)).values.length
    }
  }
  const { loop, chained } = await sideBySide({ loop: byHand, chained: fused }, 7)
  if (checksum !== 0) throw new Error('the fused chain and the loop disagree')
  const rows = BATCH_ROWS * BATCHES * REPEATS
  return [
    { name: 'hand-written loop', value: rows / loop.cpuMs / 1000, unit: 'M records per CPU-second' },
    { name: 'fused chain', value: rows / chained.cpuMs / 1000, unit: 'M records per CPU-second' },
    { name: 'fused chain / loop', value: (100 * loop.cpuMs) / chained.cpuMs, unit: '%', target: '≥ 50' },
  ]
}

if (import.meta.main) console.table(await benchFusedChain())
