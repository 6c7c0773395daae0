/** Registers the same twenty schemas as others do at this moment, and tells the ids that it got. */
import { openEmbeddedRegistry } from '../../../../connectors/registry/embedded/embedded-registry.ts'

const registry = openEmbeddedRegistry({ path: process.argv[2]! })
const ids: number[] = []
for (let size = 0; size < 20; size++) {
  const fields = Array.from({ length: size }, (_, n) => ({ name: `f${n}`, type: ['null', 'long'], default: null }))
  ids.push(
    await registry.register('orders', { type: 'AVRO', schema: JSON.stringify({ type: 'record', name: 'r', fields }) }),
  )
}
await registry.close()
process.send?.(ids)
process.disconnect?.()
