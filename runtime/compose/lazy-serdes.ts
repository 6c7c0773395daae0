/** Serdes that are loaded once a topic asks for them: most jobs have JSON only. */
import type { Deserializer, SerdeSystem, Serializer } from '../../topology/contract/serde.ts'

export function lazySerdes(open: () => Promise<SerdeSystem>): SerdeSystem {
  let opening: Promise<SerdeSystem> | undefined
  const serdes = () => {
    opening ??= open()
    return opening
  }
  return {
    ensure: async (topics) => (await serdes()).ensure(topics),

    deserializer(topic): Deserializer<unknown> {
      let opened: Deserializer<unknown> | undefined
      const openThenPrepare: NonNullable<Deserializer<unknown>['prepare']> = async (records) => {
        opened = (await serdes()).deserializer(topic)
        await opened.prepare?.(records)
      }
      return {
        prepare: (records) => (opened === undefined ? openThenPrepare(records) : opened.prepare?.(records)),
        decode: (bytes) => opened!.decode(bytes),
      }
    },

    serializer(topic): Serializer<unknown> {
      let opened: Serializer<unknown> | undefined
      const openThenPrepare = async () => {
        opened = (await serdes()).serializer(topic)
        await opened.prepare?.()
      }
      return {
        prepare: () => (opened === undefined ? openThenPrepare() : opened.prepare?.()),
        encode: (row) => opened!.encode(row),
      }
    },

    async close() {
      // What could not be opened has been said to whoever asked for it.
      const opened = await opening?.catch(() => undefined)
      await opened?.close()
    },
  }
}
