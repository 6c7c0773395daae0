/** The driver that the settings name; its client is loaded only then. */
import type { Logger } from '../../../topology/contract/observability.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { KafkaClient, KafkaSettings } from '../settings.ts'
import { ClientDriver } from './client/client-driver.ts'
import type { KafkaDriver } from './driver.ts'

const PACKAGES: Readonly<Record<KafkaClient, string>> = {
  kafkajs: 'kafkajs@2.2.4',
  platformatic: '@platformatic/kafka',
  confluent: '@confluentinc/kafka-javascript',
}

/** Connects when something is asked of it. @throws {SluiceError} `CLIENT_MISSING` when its package is not installed */
export async function openKafkaDriver(settings: KafkaSettings, logger: Logger): Promise<KafkaDriver> {
  try {
    return await open(settings, logger)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // The second is of a native part that was not built.
    const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || /bindings file/.test(message)
    if (!isMissing) throw error
    const missing = PACKAGES[settings.client]
    throw new SluiceError(
      'CLIENT_MISSING',
      `Kafka by the client ${settings.client} needs ${missing}, which is not installed`,
      {
        cause: error,
        fix: `Install beside sluice: npm install ${missing}`,
        details: { missing: [missing] },
      },
    )
  }
}

async function open(settings: KafkaSettings, logger: Logger): Promise<KafkaDriver> {
  switch (settings.client) {
    case 'kafkajs': {
      const { openKafkaJsLine: openLine } = await import('./kafkajs/kafkajs-line.ts')
      return new ClientDriver({ settings, logger, openLine })
    }
    case 'platformatic': {
      const { openPlatformaticLine: openLine } = await import('./platformatic/platformatic-line.ts')
      return new ClientDriver({ settings, logger, openLine })
    }
    case 'confluent':
      return new (await import('./confluent/confluent-driver.ts')).ConfluentDriver(settings, logger)
  }
}
