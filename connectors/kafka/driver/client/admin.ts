/** The administrator's part of the port. What passes by itself is tried again for as long as a request may take. */
import { responseError } from '../../errors.ts'
import type { KafkaAdmin, NewTopic, OffsetPlace, TopicMetadata } from '../driver.ts'
import { alterConfigsApi, describeConfigsApi } from '../protocol/configs.ts'
import { EARLIEST, LATEST, listOffsetsApi, offsetCommitApi, offsetFetchApi } from '../protocol/offsets.ts'
import { createPartitionsApi, createTopicApi, deleteTopicApi, type Outcome } from '../protocol/topics.ts'
import type { Cluster } from './cluster.ts'
import { retrying } from './retry.ts'

export class ClientAdmin implements KafkaAdmin {
  private readonly cluster: Cluster

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  listTopics(): Promise<readonly string[]> {
    return this.persist(() => this.cluster.listTopics())
  }

  describeTopic(topic: string): Promise<TopicMetadata | undefined> {
    return this.persist(() => this.cluster.describe(topic))
  }

  brokerCount(): Promise<number> {
    return this.persist(() => this.cluster.brokerCount())
  }

  async createTopic(topic: NewTopic): Promise<boolean> {
    const { timeoutMs } = this
    const isNew = await this.persist(async () => {
      const controller = await this.cluster.controller()
      const outcome = await controller.request(createTopicApi, { ...topic, timeoutMs }, { waitsMs: timeoutMs })
      if (outcome.error === 'TOPIC_ALREADY_EXISTS') return false
      await this.requireDone(outcome, topic.topic, 'creating it')
      return true
    })
    await this.untilLed(topic.topic, 1)
    return isNew
  }

  async createPartitions(topic: string, count: number): Promise<void> {
    const { timeoutMs } = this
    await this.persist(async () => {
      const controller = await this.cluster.controller()
      const outcome = await controller.request(createPartitionsApi, { topic, count, timeoutMs }, { waitsMs: timeoutMs })
      await this.requireDone(outcome, topic, `raising it to ${count} partitions`)
    })
    await this.untilLed(topic, count)
  }

  async deleteTopic(topic: string): Promise<void> {
    const { timeoutMs } = this
    await this.persist(async () => {
      const controller = await this.cluster.controller()
      const outcome = await controller.request(deleteTopicApi, { topic, timeoutMs }, { waitsMs: timeoutMs })
      await this.requireDone(outcome, topic, 'deleting it')
    })
  }

  topicConfig(topic: string): Promise<ReadonlyMap<string, { readonly value: string; readonly isDefault: boolean }>> {
    return this.persist(async () => {
      const controller = await this.cluster.controller()
      const config = await controller.request(describeConfigsApi, { topic })
      await this.requireDone(config, topic, 'reading its configuration')
      return config.entries
    })
  }

  async alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.persist(async () => {
      const controller = await this.cluster.controller()
      const outcome = await controller.request(alterConfigsApi, { topic, config })
      await this.requireDone(outcome, topic, 'changing its configuration')
    })
    // The controller has it; a broker follows a moment later.
    await this.persist(async () => {
      const current = await this.topicConfig(topic)
      const isSet = Object.entries(config).every(([name, value]) => current.get(name)?.value === value)
      if (!isSet) throw responseError('REQUEST_TIMED_OUT', { doing: 'waiting for its new configuration', topic })
    })
  }

  close(): void {
    this.cluster.close()
  }

  async offsets(topic: string, place: OffsetPlace): Promise<readonly number[]> {
    if (place === 'earliest') return this.listOffsets(topic, EARLIEST)
    if (place === 'latest') return this.listOffsets(topic, LATEST)
    const found = await this.listOffsets(topic, place.timestampMs)
    if (found.every((offset) => offset >= 0)) return found
    const ends = await this.listOffsets(topic, LATEST)
    return found.map((offset, partition) => (offset >= 0 ? offset : ends[partition]!))
  }

  groupOffsets(group: string, topic: string): Promise<readonly (number | undefined)[]> {
    return this.persist(async () => {
      const metadata = await this.cluster.require(topic)
      const partitions = metadata.partitions.map(({ partition }) => partition)
      return await this.cluster.atCoordinator('group', group, async (coordinator) => {
        const committed = await coordinator.request(offsetFetchApi, { group, topic, partitions })
        const subject = { doing: 'reading its offsets', group }
        if (committed.error !== 'NONE') throw responseError(committed.error, subject)
        const offsets: (number | undefined)[] = partitions.map(() => undefined)
        for (const { partition, error, offset } of committed.partitions) {
          if (error !== 'NONE') throw responseError(error, subject)
          if (offset >= 0) offsets[partition] = offset
        }
        return offsets
      })
    })
  }

  async commitGroupOffsets(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.persist(() =>
      this.cluster.atCoordinator('group', group, async (coordinator) => {
        for (const { error } of await coordinator.request(offsetCommitApi, { group, topic, offsets })) {
          if (error !== 'NONE') throw responseError(error, { doing: `committing offsets of ${topic}`, group })
        }
      }),
    )
  }

  private listOffsets(topic: string, timestampMs: number): Promise<number[]> {
    return this.persist(async () => {
      const { partitions } = await this.cluster.require(topic)
      const offsets = new Array<number>(partitions.length)
      const answers = [...Map.groupBy(partitions, ({ leader }) => leader)].map(([leader, led]) =>
        this.cluster
          .broker(leader)
          .request(listOffsetsApi, { topic, timestampMs, partitions: led.map(({ partition }) => partition) }),
      )
      for (const { partition, error, offset } of (await Promise.all(answers)).flat()) {
        const subject = { doing: 'asking for its offsets', topic, partition }
        if (error !== 'NONE') throw responseError(await this.cluster.meaningOf(error, subject), subject)
        offsets[partition] = offset
      }
      return offsets
    })
  }

  /**
   * The brokers learn of a topic one after the other: it can be used once all that are there know of leaders of its
   * partitions, since any of them may be asked next.
   */
  private async untilLed(topic: string, count: number): Promise<void> {
    await this.persist(async () => {
      const described = await this.cluster.describeEverywhere(topic)
      const isLed = described.every(
        (metadata) =>
          metadata !== undefined &&
          metadata.partitions.length >= count &&
          metadata.partitions.every(({ leader }) => leader >= 0),
      )
      if (isLed) return
      throw responseError('LEADER_NOT_AVAILABLE', { doing: 'waiting for the leaders of its partitions', topic })
    })
  }

  private async requireDone({ error, message }: Outcome, topic: string, doing: string): Promise<void> {
    if (error !== 'NONE') throw responseError(await this.cluster.meaningOf(error, { topic }), { doing, topic }, message)
  }

  private persist<T>(attempt: () => Promise<T>): Promise<T> {
    return retrying(this.timeoutMs, attempt)
  }

  private get timeoutMs(): number {
    return this.cluster.settings.connectTimeoutMs
  }
}
