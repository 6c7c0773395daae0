import { describe, expect, it } from 'vitest'
import { Cluster } from '../../../../../connectors/kafka/driver/client/cluster.ts'
import type { BrokerAt, Line } from '../../../../../connectors/kafka/driver/client/line.ts'
import { ClientProducer } from '../../../../../connectors/kafka/driver/client/producer.ts'
import { RequestWriter } from '../../../../../connectors/kafka/driver/protocol/request-writer.ts'
import type { KafkaSettings } from '../../../../../connectors/kafka/settings.ts'
import { recordingLogger } from '../../../../support/silent.ts'

const API = { metadata: 3, findCoordinator: 10, apiVersions: 18, initProducerId: 22, addPartitions: 24, endTxn: 26 }
const NOT_COORDINATOR = 16
const NODES = [1, 2]
const portOf = (nodeId: number) => 9_090 + nodeId

/** Two brokers, of which one is the coordinator of all transactions. */
class FakeBrokers {
  coordinator = 1
  /** Broker and API key of each request, but those by which a client finds its way. */
  readonly asked: string[] = []
  lookUps = 0
  /** Their lines break at the next request. */
  lost: number | undefined

  readonly openLine = ({ port }: BrokerAt) => {
    let isOpen = true
    const nodeId = port - portOf(0)
    const line: Line = {
      isOpen: () => isOpen,
      destroy() {
        isOpen = false
      },
      send: async ({ apiKey }) => {
        if (this.lost === nodeId && apiKey === API.addPartitions) {
          this.lost = undefined
          throw new Error('the connection was closed')
        }
        return this.answer(nodeId, apiKey)
      },
    }
    return { line, ready: Promise.resolve() }
  }

  private answer(nodeId: number, apiKey: number): Buffer {
    const writer = new RequestWriter()
    const keys = Object.values(API)
    if (apiKey === API.apiVersions)
      return writer
        .int16(0)
        .array(keys, (key) => writer.int16(key).int16(0).int16(9))
        .view()
    writer.int32(0) // throttle_time_ms
    if (apiKey === API.metadata) {
      writer.array(NODES, (node) => writer.int32(node).string('broker').int32(portOf(node)).nullableString(undefined))
      return writer.nullableString(undefined).int32(1).int32(0).view()
    }
    if (apiKey === API.findCoordinator) {
      this.lookUps++
      writer.int16(0).nullableString(undefined)
      return writer.int32(this.coordinator).string('broker').int32(portOf(this.coordinator)).view()
    }
    this.asked.push(`${nodeId} ${Object.entries(API).find(([, key]) => key === apiKey)![0]}`)
    const error = nodeId === this.coordinator ? 0 : NOT_COORDINATOR
    if (apiKey === API.initProducerId) return writer.int16(error).int64(7).int16(0).view()
    if (apiKey === API.endTxn) return writer.int16(error).view()
    return writer.array(['out'], (topic) => writer.string(topic).array([0], () => writer.int32(0).int16(error))).view()
  }
}

async function open(brokers: FakeBrokers) {
  const settings = {
    bootstrapServers: [`broker:${portOf(1)}`],
    requestTimeoutMs: 1_000,
    connectTimeoutMs: 1_000,
  } as unknown as KafkaSettings
  const cluster = new Cluster({ settings, logger: recordingLogger(), openLine: brokers.openLine })
  return ClientProducer.create(cluster, { transactionalId: 'writer' })
}

/** A transaction with one partition and no record. */
async function transact(producer: ClientProducer): Promise<void> {
  const transaction = await producer.begin()
  await transaction.send([{ topic: 'out', partition: 0, records: [] }])
  await transaction.commit()
}

describe('the coordinator of a transactional id', () => {
  it('is looked up once', async () => {
    const brokers = new FakeBrokers()
    const producer = await open(brokers)
    for (let n = 0; n < 3; n++) await transact(producer)
    expect(brokers.asked).toHaveLength(1 + 3 * 2)
    expect(brokers.lookUps).toBe(1)
    await producer.close()
  })

  it('is looked up again when it says that it is another', async () => {
    const brokers = new FakeBrokers()
    const producer = await open(brokers)
    await transact(producer)
    brokers.coordinator = 2
    await transact(producer)
    expect(brokers.asked.slice(3)).toEqual(['1 addPartitions', '2 addPartitions', '2 endTxn'])
    expect(brokers.lookUps).toBe(2)
    await producer.close()
  })

  it('is looked up again when the line to it breaks', async () => {
    const brokers = new FakeBrokers()
    const producer = await open(brokers)
    brokers.lost = 1
    await transact(producer)
    expect(brokers.lookUps).toBe(2)
    await producer.close()
  })
})
