/** Every `@example` of topology/ and operators/, as a module that imports the names it uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
  const shared = merged(
    exportsOf(join(root, 'topology/index.ts')),
    exportsOf(join(root, 'operators/index.ts')),
    exportsOf(join(root, 'test/docs/fixtures.ts')),
    zod,
  )
  return ['topology', 'operators'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(room, file))
      .flatMap((file) => examplesOf(file, shared)),
  )
}

/** What stands around an example that is a part of a pipe only. */
const CONTEXTS: readonly (readonly [RegExp, (code: string) => string])[] = [
  [/^aggregate\(/, (code) => `purchases.pipe(keyBy('user_id'), window(tumbling(days(1))), ${code})`],
  [
    /^(sum|avg|min|max|count|countDistinct)\(/,
    (code) => `purchases.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ example: ${code} }))`,
  ],
  [/^(custom|conforms)\(/, (code) => `rules(Order, [${code}])`],
  [/^cleanse\(/, (code) => `orders.pipe(${code})`],
]

/** `fragment` as a module of its own, with imports from `names` for the identifiers it uses. */
export function asModule(fragment: string, names: Names): string {
  const context = CONTEXTS.find(([begins]) => begins.test(fragment))
  const code = context === undefined ? fragment : context[1](fragment.replace(/\s*\/\/.*$/, ''))
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
