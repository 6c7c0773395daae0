/**
 * How much of the whole a test run covers, and the seeds it uses: one place, so that `npm test` stays quick and
 * `npm run test:deep` leaves nothing out.
 *
 * ```text
 * SLUICE_TEST_SCALE=quick|ci|full    1 %, 10 %, 100 %; default quick
 * SLUICE_TEST_SEED=n                 the fresh seed, in place of a random one: to see a failure again
 * ```
 */
const SHARES = { quick: 0.01, ci: 0.1, full: 1 } as const

export type Scale = keyof typeof SHARES

export const SCALE: Scale = readScale(process.env['SLUICE_TEST_SCALE'])

/** The same in every run. */
export const FIXED_SEED = 20_261_123

/** Another one in every run; it is in the name of each test that uses it, and so in every failure. */
export const FRESH_SEED = readSeed(process.env['SLUICE_TEST_SEED'])

/**
 * How many of `full` cases this run takes, at least `least`.
 *
 * @example const events = scale(100_000, 5_000)
 */
export function scale(full: number, least = 1): number {
  return Math.min(full, Math.max(least, Math.round(full * SHARES[SCALE])))
}

function readScale(text = 'quick'): Scale {
  if (Object.hasOwn(SHARES, text)) return text as Scale
  throw new Error(`SLUICE_TEST_SCALE is "${text}": expected one of ${Object.keys(SHARES).join(', ')}`)
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 2 ** 31)
  const seed = Number(text)
  if (Number.isSafeInteger(seed)) return seed
  throw new Error(`SLUICE_TEST_SEED is "${text}": expected a whole number`)
}

/**
 * How fast-check is to run a property: `full` times at full scale, at least `least`, with the fresh seed. What it found is
 * shown again by the seed and path that it prints.
 *
 * @example fc.assert(property, runs(10_000))
 */
export function runs(full: number, least = 1): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: scale(full, least), seed: FRESH_SEED }
}
