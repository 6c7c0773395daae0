/**
 * Runs one simulation, and says what became of it:
 *
 *     node test/simulation/replay.ts SEED [--trace]
 */
import { simulate } from './simulate.ts'

const [seed, flag] = process.argv.slice(2)
if (seed === undefined || !/^\d+$/.test(seed) || (flag !== undefined && flag !== '--trace')) {
  console.error('usage: node test/simulation/replay.ts SEED [--trace]')
  process.exit(2)
}
const startedMs = performance.now()
const { trace, violations, counts } = await simulate(Number(seed), { trace: flag === '--trace' })
for (const line of trace) console.log(line)
console.log(counts, `${Math.round(performance.now() - startedMs)} ms`)
for (const violation of violations) console.log(`VIOLATED: ${violation}`)
process.exitCode = violations.length === 0 ? 0 : 1
