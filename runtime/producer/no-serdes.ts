/** The serdes of a producer that was given none: topics in JSON need none. */
import type { RegistryTopic, SerdeSystem } from '../../topology/contract/serde.ts'
import { SluiceError } from '../../topology/errors.ts'

export const noSerdes: SerdeSystem = {
  async ensure({ read, written }) {
    for (const topic of [...written, ...read]) throw serdesMissing(topic)
  },
  deserializer(topic) {
    throw serdesMissing(topic)
  },
  serializer(topic) {
    throw serdesMissing(topic)
  },
  close: async () => {},
}

function serdesMissing({ name, format }: RegistryTopic): SluiceError {
  return new SluiceError('SERDES_MISSING', `topic '${name}' is in ${format.kind}, and its producer has no serdes`, {
    fix: 'Open the producer with openEventProducer, or give it `serdes`.',
    details: { topic: name, format: format.kind },
  })
}
