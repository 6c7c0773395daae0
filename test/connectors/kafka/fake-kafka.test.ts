/** The fake does what brokers and their clients do: it runs the drivers' own list. */
import { describe, test } from 'vitest'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { kafkaDriverConformance } from '../../conformance/kafka-driver.ts'
import { FakeKafka } from '../../support/fake-kafka.ts'

describe('a Kafka in memory', () => {
  test.each(kafkaDriverConformance)('$name', async ({ run }) => {
    const kafka = new FakeKafka({ clock: systemClock })
    const driver = kafka.driver()
    let topics = 0
    await run({
      driver,
      admin: await driver.admin(),
      makeTopic: async (partitions, config) => {
        const topic = `orders-${topics++}`
        kafka.createTopic(topic, partitions, config)
        return topic
      },
    })
  })
})
