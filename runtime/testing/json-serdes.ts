/** Topics under test have their values as JSON, whatever their format: nothing is fetched, so nothing waits. */
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import { jsonDeserializer, jsonSerializer } from '../../topology/schema/index.ts'

export const jsonSerdes: SerdeSystem = {
  ensure: async () => {},
  deserializer: ({ schema }) => jsonDeserializer(schema),
  serializer: ({ schema }) => jsonSerializer(schema),
  close: async () => {},
}
