/** Fills a data directory's topic with a simulated shop's events. */
import { UserActionEvent } from '../../jobs/medallion/schemas.ts'
import { publishShop } from '../../jobs/medallion/simulator/publish-shop.ts'
import { simulateShop } from '../../jobs/medallion/simulator/simulate-shop.ts'
import { openTopics } from '../../runtime/compose/index.ts'
import { loadConfig } from '../../runtime/config/index.ts'
import { EventProducer } from '../../runtime/producer/event-producer.ts'
import { systemClock as clock } from '../../runtime/time/system-clock.ts'
import { recordingLogger, silentMetrics } from '../support/silent.ts'

export async function publishSimulated(directory: string, events: number, days: number): Promise<void> {
  const { config } = loadConfig({ env: { SLUICE_DATA_DIR: directory }, cwd: process.cwd() })
  const logger = recordingLogger()
  const system = await openTopics(config, { clock, logger })
  const producer = await EventProducer.open({
    system,
    schema: UserActionEvent,
    sourceSystem: 'web-app',
    clock,
    random: Math.random,
    logger,
    metrics: silentMetrics,
  })
  await publishShop(producer, simulateShop({ seed: 1, events, days }))
  await producer.close()
  await system.close()
}
