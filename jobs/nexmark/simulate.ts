/**
 * Nexmark's events as lines of canonical JSON on standard output: to feed a topic, or another engine.
 *
 *     node jobs/nexmark/simulate.ts 100000 | npx runtime publish nexmark - --raw
 *     NEXMARK_TOPIC=nexmark npx runtime submit jobs/nexmark/q5.ts --until latest --drain
 */
import { once } from 'node:events'
import { eventLine } from './generator/event-line.ts'
import { Generator } from './generator/generator.ts'

const events = Number(process.argv[2] ?? 100_000)
if (!Number.isSafeInteger(events) || events < 0) {
  console.error(`simulate.ts: ${process.argv[2]} is no number of events`)
  process.exit(2)
}
const LINES_AT_ONCE = 1000
const generator = new Generator()
for (let from = 0; from < events; from += LINES_AT_ONCE) {
  let lines = ''
  for (let n = from; n < Math.min(from + LINES_AT_ONCE, events); n++) lines += eventLine(generator.event(n))
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain')
}
