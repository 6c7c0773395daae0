/** TLS, SASL and ACLs of a real broker: what gets in, and what those who do not are told, within seconds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import type { KafkaSasl, KafkaSettings } from '../../../connectors/kafka/settings.ts'
import { numbered, readRows } from '../../conformance/kafka-driver.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'
import { type SecureBroker, STRANGER, startSecureBroker, USER } from './broker.ts'
import { INSTALLED_CLIENTS } from './installed-clients.ts'

let broker: SecureBroker
let topics = 0

beforeAll(async () => {
  broker = await startSecureBroker()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
})

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As the broker's unsecured validator takes it. */
async function token(): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  return `${base64({ alg: 'none' })}.${base64({ sub: USER.username, iat: nowSeconds, exp: nowSeconds + 3_600 })}.`
}

const MECHANISMS: readonly KafkaSasl[] = [
  { mechanism: 'plain', ...USER },
  { mechanism: 'scram-sha-256', ...USER },
  { mechanism: 'scram-sha-512', ...USER },
  { mechanism: 'oauthbearer', token },
]

describe.each(INSTALLED_CLIENTS)('%s', (client) => {
  // librdkafka gives connections up by the time alone, and asks for no configuration: README.md lists it.
  const told = client === 'confluent' ? it.fails : it
  const settings = (sasl: KafkaSasl, changes: Partial<KafkaSettings> = {}) =>
    broker.settings({ client, bootstrapServers: broker.sasl, tls: { ca: broker.certificates.ca }, sasl, ...changes })

  async function roundTrip(settings: KafkaSettings): Promise<void> {
    const driver = await openKafkaDriver(settings, recordingLogger())
    try {
      const topic = `secured-${topics++}`
      await (await driver.admin()).createTopic({ topic, partitions: 1, replicationFactor: undefined, config: {} })
      const producer = await driver.producer({ transactionalId: topic })
      const transaction = await producer.begin()
      await transaction.send([{ topic, partition: 0, records: numbered(0, 10) }])
      await transaction.commit()
      const fetcher = await driver.fetcher({ topic, isolation: 'read_committed' })
      fetcher.assign(new Map([[0, 0]]))
      expect(await readRows(fetcher, 10)).toHaveLength(10)
    } finally {
      await driver.close()
    }
  }

  /** What every part of the driver says. */
  async function refusal(settings: KafkaSettings): Promise<unknown[]> {
    const driver = await openKafkaDriver(settings, recordingLogger())
    const errors = await Promise.all(
      [driver.admin(), driver.producer({}), driver.fetcher({ topic: 'x', isolation: 'read_committed' })].map((part) =>
        part.then(
          () => undefined,
          (error) => error,
        ),
      ),
    )
    await driver.close()
    return errors
  }

  it.each(MECHANISMS)('writes and reads by $mechanism', { timeout: 60_000 }, (sasl) => roundTrip(settings(sasl)))

  it("writes and reads by a client's certificate", { timeout: 60_000 }, async () => {
    const { ca, client: own } = broker.certificates
    await roundTrip(broker.settings({ client, bootstrapServers: broker.mutualTls, tls: { ca, ...own } }))
  })

  told.each(MECHANISMS.slice(0, 3))(
    'tells a wrong password, by $mechanism, and does not print it',
    { timeout: 30_000 },
    async (sasl) => {
      const wrong = { ...sasl, password: 'not-the-secret' } as KafkaSasl
      const log: RecordedLog[] = []
      const driver = await openKafkaDriver(settings(wrong), recordingLogger(log))
      await driver.admin().catch(() => {})
      await driver.close()
      for (const error of await refusal(settings(wrong))) {
        expect(error).toMatchObject({ code: 'KAFKA_AUTHENTICATION', message: expect.stringContaining(broker.sasl[0]!) })
        expect(JSON.stringify([log, error, String(error)])).not.toContain('not-the-secret')
      }
    },
  )

  told('tells a token that has ended', { timeout: 30_000 }, async () => {
    const ended = async () => `${base64({ alg: 'none' })}.${base64({ sub: 'x', iat: 1, exp: 2 })}.`
    for (const error of await refusal(settings({ mechanism: 'oauthbearer', token: ended }))) {
      expect(error).toMatchObject({ code: 'KAFKA_AUTHENTICATION' })
    }
  })

  told('tells a certificate of an authority that it does not know', { timeout: 30_000 }, async () => {
    for (const error of await refusal(settings(MECHANISMS[0]!, { tls: {} }))) {
      expect(error).toMatchObject({ code: 'KAFKA_TLS', message: expect.stringContaining(broker.sasl[0]!) })
    }
  })

  told('tells a listener that wants TLS, and one that wants a certificate', { timeout: 30_000 }, async () => {
    const plain = broker.settings({ client, bootstrapServers: broker.sasl, connectTimeoutMs: 2_000 })
    for (const error of await refusal(plain)) {
      expect(error).toMatchObject({
        code: expect.stringMatching(/KAFKA_UNREACHABLE|KAFKA_TLS/),
        message: expect.stringContaining('TLS'),
      })
    }
    const { ca } = broker.certificates
    const anonymous = broker.settings({
      client,
      bootstrapServers: broker.mutualTls,
      tls: { ca },
      connectTimeoutMs: 2_000,
    })
    for (const error of await refusal(anonymous)) {
      expect(error).toMatchObject({ code: expect.stringMatching(/KAFKA_UNREACHABLE|KAFKA_TLS/) })
    }
  })

  told('names what a user may not do', { timeout: 60_000 }, async () => {
    const topic = `secured-${topics++}`
    const owner = await openKafkaDriver(settings(MECHANISMS[0]!), recordingLogger())
    await (await owner.admin()).createTopic({ topic, partitions: 1, replicationFactor: undefined, config: {} })
    await owner.close()
    const driver = await openKafkaDriver(settings({ mechanism: 'plain', ...STRANGER }), recordingLogger())
    const admin = await driver.admin()
    const denied = (name: string) => ({ code: 'KAFKA_AUTHORIZATION', message: expect.stringContaining(name) })
    await expect(admin.describeTopic(topic)).rejects.toMatchObject(denied(topic))
    await expect(admin.topicConfig(topic)).rejects.toMatchObject(denied(topic))
    await expect(admin.offsets(topic, 'latest')).rejects.toMatchObject(denied(topic))
    await expect(driver.fetcher({ topic, isolation: 'read_committed' })).rejects.toMatchObject(denied(topic))
    const options = { topic: `${topic}-new`, partitions: 1, replicationFactor: undefined, config: {} }
    await expect(admin.createTopic(options)).rejects.toMatchObject(denied(options.topic))
    await expect(admin.commitGroupOffsets('their-group', topic, new Map([[0, 1]]))).rejects.toMatchObject(
      denied('their-group'),
    )
    await expect(driver.producer({ transactionalId: 'their-id' })).rejects.toMatchObject(denied('their-id'))
    const producer = await driver.producer({})
    const part = [{ topic, partition: 0, records: numbered(0, 1) }]
    await expect(producer.send(part, 1)).rejects.toMatchObject(denied(topic))
    await driver.close()
  })
})
