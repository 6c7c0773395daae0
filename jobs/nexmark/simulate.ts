/**
 * Nexmark's events as lines of canonical JSON on standard output, to feed a topic or another engine: how many, and how many
 * of them happen in a second of event time (10,000 unless told otherwise).
 *
 *     node jobs/nexmark/simulate.ts 100000 | npx runtime publish nexmark - --raw
 *     NEXMARK_TOPIC=nexmark npx runtime submit jobs/nexmark/q5.ts --until latest --drain
 */
import { once } from 'node:events'
import { eventLine } from './generator/event-line.ts'
import { Generator } from './generator/generator.ts'

const [events, eventsPerSecond] = [whole(process.argv[2] ?? '100000', 0), whole(process.argv[3] ?? '10000', 1)]
const LINES_AT_ONCE = 1000
const generator = new Generator({ eventsPerSecond })
for (let from = 0; from < events; from += LINES_AT_ONCE) {
  let lines = ''
  for (let n = from; n < Math.min(from + LINES_AT_ONCE, events); n++) lines += eventLine(generator.event(n))
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain')
}

function whole(text: string, least: number): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= least) return number
  console.error(`simulate.ts: ${text} is no number of events`)
  process.exit(2)
}
