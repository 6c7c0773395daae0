/** Every `@example` of a docstring, as a module that imports the names it uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { operatorEntries } from '../house/operator-table.ts'
import { root } from './fences.ts'

export interface Example {
  /** `operators/map.ts:11` */
  readonly at: string
  readonly code: string
  /** The example with imports, ready for the compiler. */
  readonly module: string
}

/** Exported names by where they come from: what stands first wins. */
type Names = ReadonlyMap<string, { readonly from: string; readonly isType: boolean }>

const zod: Names = new Map([['z', { from: 'zod', isType: false }]])

export function docstringExamples(): readonly Example[] {
  const hub = merged(exportsOf(join(root, 'topology/index.ts')), exportsOf(join(root, 'test/docs/fixtures.ts')), zod)
  const dsl = merged(
    hub,
    exportsOf(join(root, 'operators/index.ts')),
    exportsOf(join(root, 'runtime/testing/index.ts')),
  )
  // Where `process` is Node's.
  const edges = merged(hub, exportsOf(join(root, 'runtime/producer/index.ts')))
  return ['topology', 'operators', 'connectors', 'runtime'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(room, file))
      .flatMap((file) => examplesOf(file, /^(connectors|runtime\/(?!testing))/.test(file) ? edges : dsl)),
  )
}

const AGGREGATED = "records.pipe(keyBy('user_id'), window(tumbling(days(1)))"

/** What stands around an example that is a part of a pipe only, by the function that it begins with. */
function contextOf(fragment: string): ((code: string) => string) | undefined {
  const name = /^(\w+)\(/.exec(fragment)?.[1]
  if (name === undefined) return undefined
  if (name === 'aggregate') return (code) => `${AGGREGATED}, ${code})`
  if (name === 'custom' || name === 'conforms') return (code) => `rules(Order, [${code}])`
  if (name === 'cleanse') return (code) => `orders.pipe(${code})`
  const isAggregate = operatorEntries().some((each) => each.name === name && each.file.startsWith('aggregate/'))
  return isAggregate ? (code) => `${AGGREGATED}, aggregate({ example: ${code} }))` : undefined
}

/** `fragment` as a module of its own, with imports from `names` for the identifiers it uses. */
export function asModule(fragment: string, names: Names): string {
  const inContext = contextOf(fragment)
  const code = inContext === undefined ? fragment : inContext(fragment.replace(/\s*\/\/.*$/, ''))
  const used = new Set(code.match(/[A-Za-z_$][\w$]*/g))
  const imports = [...names].flatMap(([name, { from, isType }]) =>
    used.has(name) ? [`import { ${isType ? 'type ' : ''}${name} } from '${from}'`] : [],
  )
  // In a block, so that it may give its own values the names of operators: `const { out: unique } = …`
  const body = /^export /m.test(code) ? code : `{\n${code}\n}`
  return [...imports, body, 'export {}', ''].join('\n')
}

/** What a fragment of the documents may use. */
export function documentNames(): Names {
  return merged(
    exportsOf(join(root, 'topology/index.ts')),
    exportsOf(join(root, 'operators/index.ts')),
    exportsOf(join(root, 'runtime/producer/index.ts')),
    exportsOf(join(root, 'runtime/testing/index.ts')),
    exportsOf(join(root, 'test/docs/fixtures.ts')),
    zod,
  )
}

function examplesOf(file: string, shared: Names): readonly Example[] {
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  const names = merged(exportsOf(path), siblingsOf(path), shared)
  return [...text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*\*\//g)].flatMap((docstring) =>
    [...docstring[0].matchAll(/@example((?:(?!\n\s*\* ?@|@example|\*\/)[\s\S])*)/g)].map((match) => {
      const code = match[1]!.replaceAll(/^\s*\* ?/gm, '').trim()
      const line = text.slice(0, docstring.index + match.index).split('\n').length
      return { at: `${file}:${line}`, code, module: asModule(code, names) }
    }),
  )
}

/** Codecs and schema parts are used side by side, as their own barrels export them. */
function siblingsOf(path: string): Names {
  const folder = dirname(path)
  return folder.endsWith('/codec') || folder.endsWith('/schema') ? exportsOf(join(folder, 'index.ts')) : new Map()
}

function exportsOf(path: string): Names {
  const text = readFileSync(path, 'utf8')
  const found: [string, { from: string; isType: boolean }][] = []
  const declared = /^export (?:declare )?(?:async )?(function|const|class|interface|type) (\w+)/gm
  for (const [, kind, name] of text.matchAll(declared)) {
    found.push([name!, { from: path, isType: kind === 'interface' || kind === 'type' }])
  }
  for (const [, allTypes, list] of text.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const each of list!.split(',').filter((part) => part.trim() !== '')) {
      const isType = allTypes !== undefined || each.trim().startsWith('type ')
      found.push([each.trim().match(/\w+$/)![0], { from: path, isType }])
    }
  }
  return new Map(found)
}

function merged(...sources: readonly Names[]): Names {
  return new Map(sources.toReversed().flatMap((names) => [...names]))
}
