/** A registry that a test can take away: it answers nothing until it is back. */
import { openEmbeddedRegistry } from '../../../../connectors/registry/embedded/embedded-registry.ts'
import { registryUnavailable, type SchemaRegistry } from '../../../../connectors/registry/registry.ts'

export interface SwitchableRegistry extends SchemaRegistry {
  isAway: boolean
  /** Requests so far, those without an answer too. */
  readonly requests: readonly string[]
}

export function switchableRegistry(): SwitchableRegistry {
  const registry = openEmbeddedRegistry({ path: ':memory:' })
  const requests: string[] = []
  const ask = async <R>(what: string, answer: () => Promise<R>): Promise<R> => {
    requests.push(what)
    if (switchable.isAway) throw registryUnavailable('registry', undefined, new Error('connect ECONNREFUSED'))
    return answer()
  }
  const switchable: SwitchableRegistry = {
    address: 'registry',
    isAway: false,
    requests,
    schemaById: (id) => ask(`id ${id}`, () => registry.schemaById(id)),
    latestSchema: (subject) => ask(`latest ${subject}`, () => registry.latestSchema(subject)),
    setCompatibility: (subject, level) => ask(`set ${subject}`, () => registry.setCompatibility(subject, level)),
    register: (subject, schema) => ask(`register ${subject}`, () => registry.register(subject, schema)),
    close: () => registry.close(),
  }
  return switchable
}
