import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { UserActionEvent } from '../../../jobs/medallion/schemas.ts'
import { openConnections, openTopics } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { openEventProducer } from '../../../runtime/producer/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import type { DecodeResult } from '../../../topology/contract/serde.ts'
import { avro } from '../../../topology/format.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import { topic } from '../../../topology/topic.ts'
import { readAll } from '../../connectors/log/setup.ts'
import { recordingLogger } from '../../support/silent.ts'

const logger = recordingLogger()
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

  const topics = await openTopics(loadConfig({ env, cwd }).config, { clock, logger })
  const [topic] = await topics.describeTopics()
  await topics.close()
  expect(topic).toMatchObject({ topic: 'raw-events', partitions: [{ latestOffset: 1n }] })
})

it('writes a declared topic in Avro, from one schema to the next, with the registry that jobs have', async () => {
  const Later = UserActionEvent.extend({ tenant: z.string().nullish() })
  const declared = [UserActionEvent, Later].map((schema) => topic('shop-events', schema, { format: avro() }))
  for (const [index, schema] of [UserActionEvent, Later].entries()) {
    await using producer = await openEventProducer({
      topic: declared[index]!,
      schema,
      sourceSystem: 'shop',
      env: {},
      cwd,
    })
    await producer.publish({ event_type: 'user_action', payload: { user_id: `u${index}`, action: 'view' } })
  }
  const { topics, serdes, close } = await openConnections(loadConfig({ env: {}, cwd }).config, { clock, logger })
  const records = await readAll(topics.source('shop-events'), clock)
  const deserializer = deserializerOf(declared[0]!, serdes)
  await deserializer.prepare?.(records)
  const users = records.map(({ value }) => {
    const row = deserializer.decode(value) as DecodeResult<any>
    return row.ok ? row.value.payload.user_id : row.reason
  })
  await close()
  expect(users.sort()).toEqual(['u0', 'u1'])
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
