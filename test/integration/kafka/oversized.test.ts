/** A record that its topic doesn't take is set aside by a job that asks for it, and nothing else is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import { startJob } from '../../support/medallion.ts'
import { recordingLogger } from '../../support/silent.ts'
import { startBroker } from './broker.ts'
import { consumeByConsole } from './console-consumer.ts'

const COUNT = 500
const TOO_LARGE = 123

test('from topic to topic', { timeout: 240_000 }, async () => {
  await using broker = await startBroker()
  const driver = await openKafkaDriver(broker.settings(), recordingLogger())
  const admin = await driver.admin()
  const create = (topic: string, config: Readonly<Record<string, string>> = {}) =>
    admin.createTopic({ topic, partitions: 1, replicationFactor: 1, config })
  await Promise.all([create('texts'), create('small-texts', { 'max.message.bytes': '5000' }), create('texts.dlq')])
  const producer = await driver.producer({})
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: null,
    value: Buffer.from(JSON.stringify({ n: String(n), text: 'x'.repeat(n === TOO_LARGE ? 10_000 : 10) })),
  }))
  await producer.send([{ topic: 'texts', partition: 0, records }], 'all')
  await driver.close()

  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-oversized-'))
  const ended = await startJob('test/integration/kafka/oversized-job.ts', dataDir, ['--until', 'latest'], {
    env: {
      KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(),
      RESTART_STRATEGY: 'fixed-delay',
      RESTART_ATTEMPTS: '3',
      RESTART_DELAY: '1ms',
      CHECKPOINT_INTERVAL: '1h',
    },
  }).ended
  expect(ended.code, ended.stderr).toBe(0)
  rmSync(dataDir, { recursive: true })

  const written = (await consumeByConsole(broker, 'small-texts')).map(({ value: row }) => Number(JSON.parse(row).n))
  const all = Array.from({ length: COUNT }, (_, n) => n)
  expect(written.toSorted((a, b) => a - b)).toEqual(all.filter((n) => n !== TOO_LARGE))
  const aside = (await consumeByConsole(broker, 'texts.dlq')).map(({ value: row }) => JSON.parse(row))
  expect(aside.map(({ code, uid, source_topic }) => [code, uid, source_topic])).toEqual([
    ['RECORD_TOO_LARGE', 'sink(small-texts)', 'texts'],
  ])
})
