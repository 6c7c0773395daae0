/**
 * `npm run bench [-- NAME…]`: runs the benches, prints their figures, and keeps them with machine and command under
 * test/bench/results/.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Measurement, machine } from './measure.ts'

const BENCHES: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  'fused-chain': async () => (await import('./fused-chain.ts')).benchFusedChain(),
  'frame-codec': async () => (await import('./frame-codec.ts')).benchFrameCodec(),
  exchange: async () => (await import('./exchange.ts')).benchExchange(),
  crossing: async () => (await import('./crossing.ts')).benchCrossing(),
  state: async () => (await import('./state.ts')).benchState(),
  'disk-state': async () => (await import('./disk-state.ts')).benchDiskState(),
  'declared-state': async () => (await import('./declared-state.ts')).benchDeclaredState(),
  barriers: async () => (await import('./barriers.ts')).benchBarriers(),
  alignment: async () => (await import('./alignment.ts')).benchAlignment(),
  recovery: async () => (await import('./recovery.ts')).benchRecovery(),
  'checkpoint-cost': async () => (await import('./checkpoint-cost.ts')).benchCheckpointCost(),
  'nexmark-loops': async () => (await import('./nexmark-loops.ts')).benchNexmarkLoops(),
  nexmark: async () => (await import('./nexmark.ts')).benchNexmark(),
  'cold-start': async () => (await import('./cold-start.ts')).benchColdStart(),
  'two-phase': async () => (await import('./two-phase.ts')).benchTwoPhase(),
  types: async () => (await import('./types.ts')).benchTypes(),
  'kafka-source': async () => (await import('./kafka-source.ts')).benchKafkaSource(),
  kafka: async () => (await import('./kafka.ts')).benchKafka(),
  medallion: async () => (await import('./medallion.ts')).benchMedallion(),
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BENCHES)
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
const directory = join(import.meta.dirname, 'results')
mkdirSync(directory, { recursive: true })
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
for (const name of names) {
  console.log(`\n${name} (${machine()})`)
  const results = await BENCHES[name]!()
  for (const { name: what, value, unit, target } of results) {
    const figure = value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
    console.log(
      `  ${what.padEnd(52)} ${figure.padStart(14)} ${unit}${target === undefined ? '' : `  (target ${target})`}`,
    )
  }
  const kept = {
    bench: name,
    command: `npm run bench -- ${name}`,
    machine: machine(),
    commit,
    measuredAt: new Date().toISOString(),
    results,
  }
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(kept, null, 2)}\n`)
}
