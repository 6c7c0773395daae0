/** A process that appends `calls` batches of ten records and prints what was acknowledged: path, name, calls. */
import { writeSync } from 'node:fs'
import { openLog } from '../../../connectors/log/log.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Logger } from '../../../topology/contract/observability.ts'

const [path, name, calls] = process.argv.slice(2) as [string, string, string]
const encoder = new TextEncoder()
const ignore = () => {}
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger }
const log = openLog({ path, clock: systemClock, logger })
await log.ensureTopic('t', { partitions: 4 })
for (let call = 0; call < Number(calls); call++) {
  const records = Array.from({ length: 10 }, (_, i) => {
    const id = `${name}-${call * 10 + i}`
    return { key: encoder.encode(`${name}-${i}`), value: encoder.encode(id) }
  })
  const metadata = await log.append('t', records, call % 2 === 0 ? 'all' : 1)
  const lines = metadata.map(({ partition, offset }, i) => `${partition} ${offset} ${name}-${call * 10 + i}\n`)
  // Synchronous: a line that was printed has left the process before the next append begins.
  writeSync(1, lines.join(''))
}
await log.close()
