/** A producer that dies around an append: what it was not told of is either wholly in the log or not at all. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProcess } from '../../support/run-process.ts'
import { temporaryDirectory, temporaryLog } from './setup.ts'

test.each([
  ['log.before-append', 0n],
  ['log.after-append', 3n],
])('killed at %s, %d records are there', async (point, expected) => {
  const directory = temporaryDirectory()
  const file = join(directory, 'events.jsonl')
  writeFileSync(file, '{"event_id":"a"}\n{"event_id":"b"}\n{"event_id":"c"}\n')
  const { signal } = await runProcess('runtime/cli/main.ts', ['publish', 'events', file, '--data-dir', directory], {
    env: { SLUICE_FAULT: point },
  })
  expect(signal).toBe('SIGKILL')
  const { log } = temporaryLog({ path: join(directory, 'log.db') })
  const [events] = await log.describeTopics()
  expect(events!.partitions.reduce((sum, { latestOffset }) => sum + latestOffset, 0n)).toBe(expected)
})
