/** A job from topic to topic, killed at the steps of its commits: every record is in the other topic once, in the order of its key. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { readAll, text } from '../connectors/log/setup.ts'
import { configOf, startJob } from '../support/medallion.ts'
import { scale } from '../support/scale.ts'
import { recordingLogger } from '../support/silent.ts'

const COUNT = 9_000
const KEYS = 16

let dataDir: string
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-topics-'))
  await using topics = await open()
  await topics.system.ensureTopic('numbers', { partitions: 3 })
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: Buffer.from(String(n % KEYS)),
    value: Buffer.from(JSON.stringify({ n, key: n % KEYS })),
  }))
  await topics.system.append('numbers', records, 'all')
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const run = (fault?: string) =>
  startJob('test/recovery/support/topic-job.ts', dataDir, ['--until', 'latest', '--parallelism', '2'], {
    env: fault === undefined ? {} : { SLUICE_FAULT: fault },
  }).ended

/** One after the other, each ends an attempt. */
const KILLED_AT = [
  'log.after-commit:3, log.before-commit:2',
  'checkpoint.after-manifest:2, restore.after-load, restore.after-fence',
  'log.before-commit',
  'log.after-commit',
  'log.before-commit:3',
  'checkpoint.before-manifest:2',
  'checkpoint.after-commit:3, source.after-poll:7',
]

test.each(KILLED_AT.slice(0, scale(KILLED_AT.length, 2)))(
  'killed at %s, it loses nothing and doubles nothing',
  async (faults) => {
    for (const fault of faults.split(', ')) {
      const { signal, stderr } = await run(fault)
      expect({ signal, stderr }, `${fault} was not reached`).toMatchObject({ signal: 'SIGKILL' })
    }
    const { code, stderr } = await run()
    expect(code, stderr).toBe(0)
    await using topics = await open()
    expect(await countedIn(topics.system)).toEqual(expected())
  },
)

/** By key, the n of its records in the order in which they lie in their partition, each with its count and header. */
async function countedIn(system: TopicSystem): Promise<Map<number, string[]>> {
  const byKey = new Map<number, string[]>()
  const partitions = new Map<number, number>()
  for (const { partition, key, value, headers } of await readAll(system.source('counted'), systemClock)) {
    const row = JSON.parse(text(value)) as { n: number; key: number; nth: number }
    expect(text(key)).toBe(String(row.key))
    expect(partitions.get(row.key) ?? partition).toBe(partition)
    partitions.set(row.key, partition)
    const seen = byKey.get(row.key) ?? []
    byKey.set(row.key, seen)
    seen.push(`${row.n} is number ${row.nth}, of ${text(headers![0]!.value)}`)
  }
  expect(new Set(partitions.values()).size).toBe(2)
  return byKey
}

function expected(): Map<number, string[]> {
  return new Map(
    Array.from({ length: KEYS }, (_, key) => [
      key,
      Array.from({ length: Math.ceil((COUNT - key) / KEYS) }, (_, index) => {
        const n = index * KEYS + key
        return `${n} is number ${index + 1}, of numbers ${n}`
      }),
    ]),
  )
}

async function open(): Promise<{ readonly system: TopicSystem } & AsyncDisposable> {
  const system = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  return { system, [Symbol.asyncDispose]: () => system.close() }
}
