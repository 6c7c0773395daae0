import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTopics } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Logger, MetricScope } from '../../../topology/contract/observability.ts'
import { cli } from './cli-harness.ts'

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger }
const metrics: MetricScope = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {} }),
  timed: (_name, _labels, fn) => fn(),
}

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-publish-'))
})

afterEach(() => rmSync(cwd, { recursive: true }))

/** Everything in the topic, partition by partition. */
async function recordsOf(topic: string) {
  const { config } = loadConfig({ env: {}, cwd })
  const topics = await openTopics(config, { clock: systemClock, logger })
  const source = topics.source(topic)
  const reader = source.createReader({ job: 'test', uid: 'test', subtask: 0, clock: systemClock, logger, metrics })
  const splits = await source.discoverSplits({ from: 'earliest', until: 'latest' })
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const records: { partition: number; key: string | null; value: Buffer }[] = []
  for (let batch = await reader.poll(1000); batch !== undefined; batch = await reader.poll(1000)) {
    for (const { partition, key, value } of batch.values) {
      records.push({
        partition,
        key: key === null ? null : Buffer.from(key).toString(),
        value: Buffer.from(value!),
      })
    }
  }
  await reader.close()
  await source.close()
  await topics.close()
  return records
}

const event = (id: string, user: unknown) => JSON.stringify({ event_id: id, payload: { user_id: user, amount: -1 } })

describe('runtime publish', () => {
  it('publishes lines byte for byte, by user, and skips blank ones', async () => {
    const lines = [event('1', 'u1'), event('2', 'u2'), '', event('3', 'u1')]
    writeFileSync(join(cwd, 'events.jsonl'), lines.join('\n'))
    const { code, stdout } = await cli(['publish', 'raw-events', join(cwd, 'events.jsonl')], { cwd })
    expect([code, stdout]).toEqual([0, '3 records published to raw-events\n'])
    const records = await recordsOf('raw-events')
    expect(records.map((record) => record.value.toString()).sort()).toEqual(lines.filter((line) => line !== '').sort())
    const ofUser = records.filter((record) => record.key === 'u1')
    expect(new Set(ofUser.map((record) => record.partition)).size).toBe(1)
    expect(ofUser.map((record) => JSON.parse(record.value.toString()).event_id)).toEqual(['1', '3'])
  })

  it('judges the envelope and leaves the payload to the job', async () => {
    const stdin = [
      event('1', 5),
      '{"event_id": 2}',
      'no json',
      '{"event_id":"3","extra":1}',
      '{"payload":null,"metadata":{"anything":[1]}}',
      '[]',
    ].join('\n')
    const { code, stdout, stderr } = await cli(['publish', 'raw-events', '-'], { cwd, stdin })
    expect(code).toBe(1)
    expect(stdout).toBe('2 records published to raw-events, 4 lines rejected\n')
    const reported = stderr.trimEnd().split('\n')
    expect(reported[0]).toMatch(/^standard input:2: event_id: .*string/)
    expect(reported[1]).toMatch(/^standard input:3: .*JSON/)
    expect(reported[2]).toMatch(/^standard input:4: extra/)
    expect(reported[3]).toMatch(/^standard input:6: /)
    expect((await recordsOf('raw-events')).map((record) => record.key)).toEqual(expect.arrayContaining(['5', null]))
  })

  it('reports as JSON when asked to', async () => {
    const run = await cli(['publish', 't', '-', '--format', 'json'], { cwd, stdin: `{"event_id":"1"}\nx\n` })
    expect(JSON.parse(run.stdout)).toEqual({ topic: 't', published: 1, rejected: 1, interrupted: false })
    expect(JSON.parse(run.stderr)).toEqual({ file: '-', line: 2, reason: expect.stringContaining('JSON') })
  })

  it('sends any bytes with --raw, split at \\n alone', async () => {
    const stdin = Buffer.from([0x61, 0x0d, 0x0a, 0x0a, 0xff, 0x00, 0x0a, 0x62])
    const { code } = await cli(['publish', 't', '-', '--raw'], { cwd, stdin })
    expect(code).toBe(0)
    expect((await recordsOf('t')).map((record) => record.value.toString('hex'))).toEqual(['610d', '', 'ff00', '62'])
  })

  it('takes the key from another field with --key', async () => {
    const stdin = '{"payload":{"device":"d1","user_id":"u1"}}'
    await cli(['publish', 't', '-', '--key', 'device'], { cwd, stdin })
    expect((await recordsOf('t')).map((record) => record.key)).toEqual(['d1'])
  })

  it('says which file is not there', async () => {
    const { code, stderr } = await cli(['publish', 't', 'nowhere.jsonl'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringContaining('error: nowhere.jsonl does not exist')])
  })
})

describe('runtime topics', () => {
  it('shows offsets per partition', async () => {
    await cli(['publish', 't', '-', '--raw'], { cwd, stdin: 'a\nb\n', env: { TOPIC_PARTITIONS: '1' } })
    const { code, stdout } = await cli(['topics'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^t +0 +0 +2 +2 /m)
    const [topic] = JSON.parse((await cli(['topics', '--format', 'json'], { cwd })).stdout)
    expect(topic).toMatchObject({ topic: 't', partitions: [{ partition: 0, earliestOffset: '0', latestOffset: '2' }] })
  })

  it('makes nothing in a directory that does not exist', async () => {
    const { code, stderr } = await cli(['topics', '--data-dir', 'nowhere'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain(`there is no data directory ${join(cwd, 'nowhere')}`)
  })
})
