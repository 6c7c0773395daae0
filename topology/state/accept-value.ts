/**
 * What becomes state: a value checked against its layout, and copied, so that nobody who still holds what it was made of
 * can change it. Values in state never change in place.
 */
import { expected, Refusal } from '../schema/json-values.ts'
import { isNullable, type Layout, type MapLayout, type PresentLayout, presentOf, type StructLayout } from './layout.ts'
import { primitiveOf } from './primitive.ts'

/** The value as it is kept, or why it is refused. */
export type AcceptValue = (value: unknown) => unknown

/** Fields that are undefined are null where they may be; what the layout does not name is left out. */
export function acceptorOf(layout: Layout): AcceptValue {
  const accept = presentAcceptor(presentOf(layout))
  return isNullable(layout) ? (value) => (value === null || value === undefined ? null : accept(value)) : accept
}

function presentAcceptor(layout: PresentLayout): AcceptValue {
  if (typeof layout === 'string') return primitiveOf(layout).accept
  if ('struct' in layout) return structAcceptor(layout)
  if ('list' in layout) return listAcceptor(layout.list)
  return mapAcceptor(layout)
}

function structAcceptor({ struct }: StructLayout): AcceptValue {
  const names = Object.keys(struct)
  const acceptors = names.map((name) => acceptorOf(struct[name]!))
  // What an object has of such a name without having the field: most often nothing, but of toString a function.
  const inherited = names.map((name) => (Object.prototype as unknown as Record<string, unknown>)[name])
  // Copies of one object share a hidden class.
  const empty = Object.fromEntries(names.map((name) => [name, null]))
  return (value) => {
    if (typeof value !== 'object' || value === null) return expected('an object', value)
    const kept: Record<string, unknown> = { ...empty }
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!
      const given = (value as Record<string, unknown>)[name]
      const field = acceptors[index]!(given === inherited[index] ? undefined : given)
      if (field instanceof Refusal) return field.within(name)
      kept[name] = field
    }
    return kept
  }
}

function listAcceptor(element: Layout): AcceptValue {
  const accept = acceptorOf(element)
  return (value) => {
    if (!Array.isArray(value)) return expected('an array', value)
    const kept: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      const each = accept(value[index])
      if (each instanceof Refusal) return each.within(`[${index}]`)
      kept.push(each)
    }
    return kept
  }
}

function mapAcceptor({ map: [keyLayout, valueLayout] }: MapLayout): AcceptValue {
  const [acceptKey, acceptEntry] = [acceptorOf(keyLayout), acceptorOf(valueLayout)]
  return (value) => {
    if (!(value instanceof Map)) return expected('a Map', value)
    const kept = new Map<unknown, unknown>()
    for (const [key, entry] of value) {
      const [keptKey, keptEntry] = [acceptKey(key), acceptEntry(entry)]
      if (keptKey instanceof Refusal) return keptKey.within('{key}')
      if (keptEntry instanceof Refusal) return keptEntry.within(`[${JSON.stringify(String(key))}]`)
      kept.set(keptKey, keptEntry)
    }
    return kept
  }
}

/** The value that an acceptor has taken. @throws {TypeError} saying what it has refused, and in which field of `path` */
export function acceptedOf(accepted: unknown, path = ''): unknown {
  if (!(accepted instanceof Refusal)) return accepted
  const refusal = path === '' ? accepted : accepted.within(path)
  throw new TypeError(refusal.path === '' ? refusal.message : `${refusal.path}: ${refusal.message}`)
}
