/** Copies columns between rows whose columns are known when the topology is built: what projections are made of. */
import type * as CopyColumns from './copy-columns.ts'
import { MAX_COLUMNS } from './copy-columns.ts'

type Row = Readonly<Record<string, unknown>>

/** From which column to which. */
export interface ColumnCopy {
  readonly from: string
  readonly to: string
}

/** Fills `to`, whose columns are there and null, from `from`. False when a required column is null in `from`. */
export type ColumnCopier = (from: Row, to: Record<string, unknown>) => boolean

/** So many copiers have code of their own; those beyond share it, and are slower. Each costs some milliseconds at start. */
const INSTANCES = 4
// A published build is JavaScript, the checkout TypeScript: import whichever this file is.
const extension = import.meta.url.split('?')[0]!.endsWith('.ts') ? 'ts' : 'js'
const instances: readonly (typeof CopyColumns)[] = await Promise.all(
  Array.from({ length: INSTANCES }, (_, instance) => {
    const url = new URL(`./copy-columns.${extension}?instance=${instance}`, import.meta.url)
    return import(/* @vite-ignore */ url.href)
  }),
)
let made = 0

/** A function that copies `columns`; of those in `required` it tells whether all have a value. */
export function columnCopier(columns: readonly ColumnCopy[], required: ReadonlySet<string> = new Set()): ColumnCopier {
  if (columns.length > MAX_COLUMNS) {
    const first = columnCopier(columns.slice(0, MAX_COLUMNS), required)
    const rest = columnCopier(columns.slice(MAX_COLUMNS), required)
    return (from, to) => {
      const complete = first(from, to)
      return rest(from, to) && complete
    }
  }
  const { copyColumns } = instances[made++ % INSTANCES]!
  const source = columns.map(({ from }) => interned(from))
  const target = columns.map(({ to }) => interned(to))
  let mustHave = 0
  for (let i = 0; i < target.length; i++) if (required.has(target[i]!)) mustHave |= 1 << i
  return (from, to) => (copyColumns(from, to, source, target) & mustHave) === 0
}

/** The name as V8 keeps names of properties: a text cut out of another would be looked up at every access. */
function interned(name: string): string {
  return Object.keys({ [name]: null })[0]!
}
