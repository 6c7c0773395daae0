import { describe, expect, it } from 'vitest'
import { BrokerConnection } from '../../../../../connectors/kafka/driver/client/broker-connection.ts'
import type { Line } from '../../../../../connectors/kafka/driver/client/line.ts'
import type { Api } from '../../../../../connectors/kafka/driver/protocol/api.ts'
import { apiVersionsApi } from '../../../../../connectors/kafka/driver/protocol/api-versions.ts'
import type { KafkaSettings } from '../../../../../connectors/kafka/settings.ts'
import { recordingLogger } from '../../../../support/silent.ts'

/** No error, and one API in version 0. */
const VERSIONS = Buffer.from([0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0])
const ask: Api<undefined, Buffer> = {
  apiKey: 3,
  apiVersion: 0,
  apiName: 'Metadata',
  encode: () => Buffer.alloc(0),
  decode: (payload) => payload,
}

interface OpenedLine extends Line {
  state: 'open' | 'lost' | 'destroyed'
}

/** A connection, and every line that it has opened. */
function connect() {
  const lines: OpenedLine[] = []
  const openLine = () => {
    const line: OpenedLine = {
      state: 'open',
      isOpen: () => line.state === 'open',
      send: async ({ apiKey }) => (apiKey === apiVersionsApi.apiKey ? VERSIONS : Buffer.from('answer')),
      destroy() {
        line.state = 'destroyed'
      },
    }
    lines.push(line)
    return { line, ready: Promise.resolve() }
  }
  const settings = { requestTimeoutMs: 1_000, connectTimeoutMs: 1_000 } as KafkaSettings
  const connection = new BrokerConnection(
    { host: 'broker', port: 9092 },
    { settings, logger: recordingLogger(), openLine },
  )
  return { connection, lines, states: () => lines.map(({ state }) => state) }
}

describe('a connection to a broker', () => {
  it('opens one line for all who find the one before lost, and leaves none behind', async () => {
    const { connection, lines, states } = connect()
    await connection.connect()
    lines[0]!.state = 'lost'
    await Promise.all([1, 2, 3].map(() => connection.request(ask, undefined)))
    expect(states()).toEqual(['destroyed', 'open'])
    connection.close()
    expect(states()).toEqual(['destroyed', 'destroyed'])
  })
})
