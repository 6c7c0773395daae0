/** Three brokers, each with a copy of every partition, of which one may be gone. */
import { getContainerRuntimeClient, Network } from 'testcontainers'
import { type Broker, broker, freePort, plainContainer } from './broker.ts'

export const NODES = [1, 2, 3] as const

export interface Cluster extends Broker {
  /** At once, with no time to flush or to say goodbye. */
  kill(nodeId: number): Promise<void>
  /** Resolves once its process runs; it catches up afterwards. */
  start(nodeId: number): Promise<void>
  /** Whether every partition has all its copies again. */
  isWhole(): Promise<boolean>
}

export async function startCluster(): Promise<Cluster> {
  const network = await new Network().start()
  const ports = await Promise.all(NODES.map(() => freePort()))
  const servers = ports.map((port) => `localhost:${port}`)
  const containers = await Promise.all(
    NODES.map((nodeId, index) =>
      plainContainer(servers[index]!, `kafka-${nodeId}:19092`, {
        CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw',
        KAFKA_NODE_ID: String(nodeId),
        KAFKA_CONTROLLER_QUORUM_VOTERS: NODES.map((each) => `${each}@kafka-${each}:9093`).join(),
        KAFKA_DEFAULT_REPLICATION_FACTOR: '3',
        KAFKA_MIN_INSYNC_REPLICAS: '2',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '3',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '2',
      })
        .withNetwork(network)
        .withNetworkAliases(`kafka-${nodeId}`)
        .withExposedPorts({ container: 9092, host: ports[index]! })
        .start(),
    ),
  )
  const { container: docker } = await getContainerRuntimeClient()
  const handleOf = (nodeId: number) => docker.getById(containers[nodeId - 1]!.getId())
  const stop = async () => {
    await Promise.all(containers.map((container) => container.stop()))
    await network.stop()
  }
  return {
    ...broker(servers, containers[0]!, stop),
    kill: (nodeId) => handleOf(nodeId).kill(),
    start: (nodeId) => handleOf(nodeId).start(),
    async isWhole() {
      const tool = [
        '/opt/kafka/bin/kafka-topics.sh',
        '--bootstrap-server',
        NODES.map((id) => `kafka-${id}:19092`).join(),
      ]
      const { exitCode, stdout } = await containers[0]!.exec([...tool, '--describe', '--under-replicated-partitions'])
      return exitCode === 0 && stdout.trim() === ''
    },
  }
}
