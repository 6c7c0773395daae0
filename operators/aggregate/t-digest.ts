/**
 * The t-digest: percentiles from a bounded number of centroids, most of them at the ends, where percentiles are steep
 * (Dunning and Ertl, Computing extremely accurate quantiles using t-digests, 2019; the merging variant, scale function k₁).
 *
 * New values wait behind the centroids as centroids of weight 1; when there are too many, all are sorted and neighbours
 * merged, as long as a centroid from rank q to rank r, both as shares of the whole, keeps k₁(r) − k₁(q) ≤ 1 with
 * k₁(q) = compression / 2π · asin(2q − 1). So one around q holds a share of 2π · √(q(1 − q)) / compression at most.
 */
import type { ValueCodec } from '../../topology/contract/state.ts'

export interface TDigest {
  means: number[]
  /** Of each mean: how many values it stands for. */
  weights: number[]
}

/** How many values wait, as a multiple of the compression, until they are merged. */
const WAITING = 5

export function emptyDigest(): TDigest {
  return { means: [], weights: [] }
}

/** Adds a finite value; the digest is changed in place. */
export function addValue(digest: TDigest, value: number, compression: number): void {
  addCentroid(digest, value, 1, compression)
}

/** Adds all that `from` has; `into` is changed in place. */
export function mergeDigests(into: TDigest, from: TDigest, compression: number): void {
  for (let index = 0; index < from.means.length; index++) {
    addCentroid(into, from.means[index]!, from.weights[index]!, compression)
  }
}

/**
 * The value of each share, null when there are no values: a centroid of weight w stands in the middle of w places, and
 * between two centroids the value is interpolated. While every centroid is of weight 1 that is SQL's PERCENTILE_CONT.
 */
export function quantiles(digest: TDigest, shares: readonly number[]): number[] | null {
  const { means, weights } = sorted(digest)
  if (means.length === 0) return null
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return shares.map((share) => {
    const place = share * (total - 1)
    let before = 0
    let [leftPlace, leftMean] = [0, means[0]!]
    for (let index = 0; index < means.length; index++) {
      const mean = means[index]!
      const middle = before + (weights[index]! - 1) / 2
      if (place <= middle) return interpolate(leftPlace, leftMean, middle, mean, place)
      before += weights[index]!
      leftPlace = middle
      leftMean = mean
    }
    return leftMean
  })
}

/**
 * ```text
 * varint n, then n times: float64 mean, varint weight
 * ```
 */
export const tDigestCodec: ValueCodec<TDigest> = {
  name: 'tDigest',
  version: 1,
  write(writer, { means, weights }) {
    writer.varint(means.length)
    for (let index = 0; index < means.length; index++) {
      writer.float64(means[index]!)
      writer.varint(weights[index]!)
    }
  },
  read(reader) {
    const digest = emptyDigest()
    for (let left = reader.varint(); left > 0; left--) {
      digest.means.push(reader.float64())
      digest.weights.push(reader.varint())
    }
    return digest
  },
  copy: ({ means, weights }) => ({ means: means.slice(), weights: weights.slice() }),
}

function addCentroid(digest: TDigest, mean: number, weight: number, compression: number): void {
  digest.means.push(mean)
  digest.weights.push(weight)
  if (digest.means.length >= (WAITING + 1) * compression) compress(digest, compression)
}

function compress(digest: TDigest, compression: number): void {
  const { means, weights } = sorted(digest)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const merged = emptyDigest()
  let [mean, weight, before] = [means[0]!, weights[0]!, 0]
  let mostWeight = total * shareAfter(0, compression)
  for (let index = 1; index < means.length; index++) {
    if (before + weight + weights[index]! <= mostWeight) {
      weight += weights[index]!
      mean += ((means[index]! - mean) * weights[index]!) / weight
      continue
    }
    merged.means.push(mean)
    merged.weights.push(weight)
    before += weight
    mostWeight = total * shareAfter(before / total, compression)
    mean = means[index]!
    weight = weights[index]!
  }
  merged.means.push(mean)
  merged.weights.push(weight)
  digest.means = merged.means
  digest.weights = merged.weights
}

/** The share up to which a centroid may reach that begins at `share`: one further by k₁. */
function shareAfter(share: number, compression: number): number {
  const k = (compression / (2 * Math.PI)) * Math.asin(2 * share - 1) + 1
  return k >= compression / 4 ? 1 : (Math.sin((2 * Math.PI * k) / compression) + 1) / 2
}

/** The same centroids by their means; the digest stays as it is. */
function sorted({ means, weights }: TDigest): TDigest {
  const order = Array.from(means, (_, index) => index).sort((a, b) => means[a]! - means[b]!)
  return { means: order.map((index) => means[index]!), weights: order.map((index) => weights[index]!) }
}

function interpolate(fromPlace: number, from: number, toPlace: number, to: number, place: number): number {
  if (toPlace === fromPlace || from === to) return to
  const share = (place - fromPlace) / (toPlace - fromPlace)
  return from * (1 - share) + to * share
}
