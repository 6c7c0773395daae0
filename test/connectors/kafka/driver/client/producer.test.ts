import { expect, test } from 'vitest'
import { errorName } from '../../../../../connectors/kafka/driver/protocol/error-codes.ts'
import { ScriptedBroker } from './scripted-broker.ts'

const part = (partition = 0, count = 1) => ({
  topic: 'events',
  partition,
  records: Array.from({ length: count }, () => ({ key: null, value: Buffer.from('x') })),
})

function broker(partitions = 1): ScriptedBroker {
  const scripted = new ScriptedBroker()
  scripted.topics.set('events', partitions)
  return scripted
}

test('sends to a partition that the topic has got since the send before', async () => {
  const scripted = broker(1)
  const producer = await scripted.driver().producer({})
  await producer.send([part(0)], 'all')
  scripted.topics.set('events', 2)
  await producer.send([part(1)], 'all')
  expect(scripted.received.map(({ partition }) => partition)).toEqual([0, 1])
})

test('ends a transaction once: what got no answer may still arrive, and would end the next one', async () => {
  const scripted = broker()
  const producer = await scripted.driver().producer({ transactionalId: 'job/sink/0' })
  const transaction = await producer.begin()
  await transaction.send([part()])
  scripted.silent.add('EndTxn')
  const unknown = { code: 'KAFKA_UNKNOWN_OUTCOME' }
  await expect(transaction.commit()).rejects.toMatchObject(unknown)
  expect(scripted.requests.get('EndTxn')).toBe(1)
  await expect(producer.begin()).rejects.toMatchObject(unknown)
})

// UNKNOWN_SERVER_ERROR, NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND
test.each([-1, 6, 7, 20].map((code) => [errorName(code), code] as const))(
  'does not know what has become of a batch that was answered with %s until the time was over',
  async (_name, code) => {
    const scripted = broker()
    const producer = await scripted.driver().producer({})
    scripted.errors.set(
      'Produce',
      Array.from({ length: 1_000 }, () => code),
    )
    const unknown = { code: 'KAFKA_UNKNOWN_OUTCOME' }
    await expect(producer.send([part()], 'all')).rejects.toMatchObject(unknown)
    // Another batch with its sequence number would be taken for it, and be lost.
    scripted.errors.clear()
    const sent = scripted.received.length
    await expect(producer.send([part()], 'all')).rejects.toMatchObject(unknown)
    expect(scripted.received).toHaveLength(sent)
  },
)

test('knows that a batch is not there which the broker refused', async () => {
  const scripted = broker()
  const producer = await scripted.driver().producer({})
  scripted.errors.set('Produce', [87]) // INVALID_RECORD
  await expect(producer.send([part(0, 2)], 'all')).rejects.toMatchObject({ code: 'KAFKA_INVALID_RECORD' })
  await producer.send([part(0, 2)], 'all')
  await producer.send([part(0, 1)], 'all')
  expect(scripted.received.map(({ baseSequence }) => baseSequence)).toEqual([0, 0, 2])
})

test('asks again while a coordinator has not heard of a topic that is there', async () => {
  const scripted = broker()
  const producer = await scripted.driver().producer({ transactionalId: 'job/sink/0' })
  scripted.errors.set('AddPartitionsToTxn', [3]) // UNKNOWN_TOPIC_OR_PARTITION
  const transaction = await producer.begin()
  await transaction.send([part()])
  await transaction.commit()
  expect(scripted.received).toHaveLength(1)
})
