import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UserActionEvent } from '../../../jobs/medallion/schemas.ts'
import { openTopics } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { openEventProducer } from '../../../runtime/producer/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import { recordingLogger } from '../../support/silent.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-producer-'))
})

afterEach(() => rmSync(cwd, { recursive: true }))

it('publishes to where the configuration says, and closes what it has opened', async () => {
  const env = { SLUICE_DATA_DIR: 'shop', TOPIC_PARTITIONS: '1' }
  const producer = await openEventProducer({ schema: UserActionEvent, sourceSystem: 'web-app', env, cwd })
  const published = await producer.publish({ event_type: 'user_action', payload: { user_id: 'u1', action: 'view' } })
  expect(published).toEqual({ topic: 'raw-events', partition: 0, offset: 0n })
  await producer.close()
  await producer.close()
  // SQLite removes its write-ahead log when the last connection closes.
  expect(existsSync(join(cwd, 'shop/log.db-wal'))).toBe(false)

  const topics = await openTopics(loadConfig({ env, cwd }).config, { clock, logger: recordingLogger() })
  const [topic] = await topics.describeTopics()
  await topics.close()
  expect(topic).toMatchObject({ topic: 'raw-events', partitions: [{ latestOffset: 1n }] })
})

it('names every setting that is wrong, and opens nothing', async () => {
  const opening = openEventProducer({
    schema: UserActionEvent,
    sourceSystem: 'web-app',
    env: { PRODUCER_ACKS: '2' },
    cwd,
  })
  await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(existsSync(join(cwd, 'data'))).toBe(false)
})
