/** Dead letters that are published again: each once, also by a replay that is killed; as late, where windows have closed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { readAll, text } from '../connectors/log/setup.ts'
import { configOf, openMedallionTables, startJob } from '../support/medallion.ts'
import { queryRows } from '../support/medallion-checks.ts'
import { startProcess } from '../support/run-process.ts'
import { scale } from '../support/scale.ts'
import { recordingLogger } from '../support/silent.ts'

const LETTERS = 3_000
const NOON_MS = Date.UTC(2026, 0, 1, 12)

let dataDir: string
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-replay-'))
  await withTopics(async (topics) => {
    await topics.ensureTopic('readings', { partitions: 2 })
    await topics.ensureTopic('mended', { partitions: 3 })
    await topics.append(
      'readings',
      Array.from({ length: LETTERS }, (_, n) => reading(`no number ${n}`, n)),
      'all',
    )
    // Behind them, so that the watermark has left their hours behind.
    await topics.append(
      'readings',
      [0, 1].map((partition) => ({ ...reading('7', 9 * 3600), partition })),
      'all',
    )
  })
  const { code, stderr } = await startJob('test/recovery/support/letters-job.ts', dataDir).ended
  expect(code, stderr).toBe(0)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

function reading(id: string, second: number) {
  return {
    key: Buffer.from(id),
    value: Buffer.from(JSON.stringify({ id, at: new Date(NOON_MS + second * 1000).toISOString() })),
    headers: [{ key: 'trace', value: Buffer.from(id) }],
    timestampMs: NOON_MS + second,
  }
}

const replay = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startProcess(
    'runtime/cli/main.ts',
    ['replay', 'quarantine.readings', ...args, '--data-dir', dataDir, '--format', 'json'],
    {
      env: { LOG_LEVEL: 'warn', CHECKPOINT_INTERVAL: '1ms', RESTART_STRATEGY: 'none', ...env },
    },
  ).ended

async function publishedBy(args: readonly string[]): Promise<number | null> {
  const { code, stdout, stderr } = await replay(args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout).topics[0].published
}

describe('a replay', () => {
  test('publishes each letter as it was received, once, and tells where it came from', async () => {
    expect(await publishedBy(['--to', 'mended', '--dry-run'])).toBeNull()
    expect(await publishedBy(['--to', 'mended', '--where', "decode(key) LIKE '%7' -- sevens"])).toBe(LETTERS / 10)
    expect(await publishedBy(['--to', 'mended'])).toBe(LETTERS - LETTERS / 10)
    expect(await publishedBy(['--to', 'mended'])).toBe(0)
    await expectMended()
  })

  test('goes to the topic that its letters came from, where closed windows have them as late', async () => {
    expect(await publishedBy([])).toBe(LETTERS)
    expect(await publishedBy([])).toBe(0)
    const mended = await startJob('test/recovery/support/letters-job.ts', dataDir, ['--until', 'latest'], {
      env: { SLUICE_TEST_MENDED: '1' },
    }).ended
    expect(mended.code, mended.stderr).toBe(0)
    await using opened = await openMedallionTables(dataDir)
    const late = await queryRows(opened.engine, 'SELECT count(*), count(DISTINCT id) FROM quarantine.late_readings')
    expect(late[0]!.map(Number)).toEqual([LETTERS, LETTERS])
    const hours = await queryRows(opened.engine, 'SELECT readings FROM gold.hours')
    expect(hours.map(([readings]) => Number(readings))).toEqual([2])
  })

  test('takes what was quarantined since a moment', async () => {
    expect(await publishedBy(['--to', 'mended', '--since', '1h', '--dry-run'])).toBeNull()
    const { stdout } = await replay(['--to', 'mended', '--since', '2100-01-01T00:00:00Z'])
    expect(JSON.parse(stdout)).toEqual({ table: 'quarantine.readings', topics: [] })
  })

  test.each([
    [['--to', 'mendd'], 'TOPIC_NOT_FOUND', 'Did you mean mended?'],
    [['--where', 'nothing = 1'], 'COLUMN_NOT_FOUND', undefined],
    [['--where', 'true) UNION SELECT (1'], 'SQL_INVALID', undefined],
  ])('with %j is refused', async (args, code, fix) => {
    const ended = await replay(args)
    expect(ended.code).toBe(1)
    const { error } = JSON.parse(ended.stderr.trim().split('\n').at(-1)!)
    expect(error.code).toBe(code)
    if (fix !== undefined) expect(error.fix).toBe(fix)
  })
})

/** One after the other, each ends a replay. */
const KILLED_AT = [
  'log.after-commit, log.before-commit',
  'checkpoint.after-manifest, restore.after-fence',
  'log.before-commit',
  'checkpoint.before-manifest',
  'source.after-poll:2',
]

test.each(KILLED_AT.slice(0, scale(KILLED_AT.length, 2)))('killed at %s, it goes on where it was', async (faults) => {
  for (const fault of faults.split(', ')) {
    const { signal, stderr } = await replay(['--to', 'mended'], { SLUICE_FAULT: fault })
    expect({ signal, stderr }, `${fault} was not reached`).toMatchObject({ signal: 'SIGKILL' })
  }
  await publishedBy(['--to', 'mended'])
  expect(await publishedBy(['--to', 'mended'])).toBe(0)
  await expectMended()
})

/** Every letter is in the other topic, with all that it had. */
async function expectMended(): Promise<void> {
  const [received, mended] = await withTopics(async (topics) =>
    Promise.all(['readings', 'mended'].map((topic) => readAll(topics.source(topic), systemClock))),
  )
  const letters = received!.filter(({ key }) => text(key).startsWith('no number'))
  const describeRecord = ({ key, value, timestampMs, headers }: SourceRecord, of: string) =>
    JSON.stringify([text(key), text(value), timestampMs, text(headers![0]!.value), of])
  const wanted = letters.map((record) => describeRecord(record, `readings/${record.partition}/${record.offset}`))
  expect(mended!.map((record) => describeRecord(record, text(record.headers![1]!.value))).sort()).toEqual(wanted.sort())
  expect(mended![0]!.headers!.map(({ key }) => key)).toEqual(['trace', 'sluice-replay-of', 'sluice-replay-error'])
}

async function withTopics<T>(use: (topics: TopicSystem) => Promise<T>): Promise<T> {
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  try {
    return await use(topics)
  } finally {
    await topics.close()
  }
}
