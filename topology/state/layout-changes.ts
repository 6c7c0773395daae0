/** How a schema has changed since state was written by it. */
import { formatLayout, isNullable, type Layout, presentOf, type StructLayout } from './layout.ts'

/**
 * What keeps a value of `written` from being one of `declared`, a clause for each field. Nothing, where they differ only so
 * that every value there can be is still one: by fields that are new and may be null, by a null that is allowed now, or
 * by the order of fields.
 *
 * @example breakingChanges({ struct: { n: 'int' } }, { struct: { n: 'long' } }) // ['n was int and is long']
 */
export function breakingChanges(written: Layout, declared: Layout, path = ''): readonly string[] {
  const what = path === '' ? 'the value' : path
  const [was, is] = [presentOf(written), presentOf(declared)]
  const nullChange = isNullable(written) && !isNullable(declared) ? [`${what} may be null no more`] : []
  if (typeof was === 'object' && typeof is === 'object') {
    if ('struct' in was && 'struct' in is) return [...nullChange, ...fieldChanges(was, is, path)]
    if ('list' in was && 'list' in is) return [...nullChange, ...breakingChanges(was.list, is.list, `${path}[]`)]
    if ('map' in was && 'map' in is) {
      const keyChanges = breakingChanges(was.map[0], is.map[0], `${path}{key}`)
      return [...nullChange, ...keyChanges, ...breakingChanges(was.map[1], is.map[1], `${path}{value}`)]
    }
  }
  return was === is ? nullChange : [`${what} was ${formatLayout(written)} and is ${formatLayout(declared)}`]
}

function fieldChanges(written: StructLayout, declared: StructLayout, path: string): readonly string[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  const changes: string[] = []
  for (const [name, was] of Object.entries(written.struct)) {
    const is = Object.hasOwn(declared.struct, name) ? declared.struct[name] : undefined
    if (is === undefined) changes.push(`${at(name)} is gone`)
    else changes.push(...breakingChanges(was, is, at(name)))
  }
  for (const [name, is] of Object.entries(declared.struct)) {
    if (Object.hasOwn(written.struct, name) || isNullable(is)) continue
    changes.push(`${at(name)} is new and can't be null`)
  }
  return changes
}
