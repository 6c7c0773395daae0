/** Hub and spokes: who may import whom. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const rooms = ['topology', 'operators', 'connectors', 'runtime', 'jobs']

/** What each room may import beside itself. */
const allowed: Record<string, readonly string[]> = {
  topology: [],
  operators: ['topology'],
  connectors: ['topology'],
  runtime: ['topology'],
  jobs: ['topology', 'operators', 'runtime'],
}

interface Import {
  readonly file: string
  readonly target: string
  readonly dynamic: boolean
}

const files = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js|mjs)$/.test(name))
    .map((name) => join(room, name)),
)
const imports = files.flatMap(importsOf)

it('reads every source file and finds their imports', () => {
  expect(files.length).toBeGreaterThan(100)
  expect(files).toContain('topology/stream.ts')
  expect(imports.length).toBeGreaterThan(files.length)
})

it('lets rooms import the hub and themselves only', () => {
  expect(imports.filter((found) => !mayImport(found)).map(({ file, target }) => `${file} → ${target}`)).toEqual([])
})

it('keeps each connector to itself', () => {
  const across = imports.filter(({ file, target }) => {
    const [from, to] = [file.split('/'), target.split('/')]
    return from[0] === 'connectors' && to[0] === 'connectors' && from[1] !== to[1]
  })
  expect(across).toEqual([])
})

it('lets only runtime/compose/ import connectors, and only dynamically', () => {
  const reaching = imports.filter(
    ({ file, target }) => target.startsWith('connectors/') && !file.startsWith('connectors/'),
  )
  expect(reaching.length).toBeGreaterThan(0)
  expect(reaching.filter(({ file, dynamic }) => !file.startsWith('runtime/compose/') || !dynamic)).toEqual([])
})

it('finds a forbidden import when there is one', () => {
  expect(mayImport({ file: 'operators/map.ts', target: 'runtime/fault-point.ts', dynamic: false })).toBe(false)
  expect(mayImport({ file: 'topology/stream.ts', target: 'test/support/x.ts', dynamic: false })).toBe(false)
})

function mayImport({ file, target, dynamic }: Import): boolean {
  // The package's own name and version.
  if (target === 'package.json') return true
  const [from, to] = [file.split('/')[0]!, target.split('/')[0]!]
  if (from === to || allowed[from]!.includes(to)) return true
  return file.startsWith('runtime/compose/') && to === 'connectors' && dynamic
}

/** Relative imports, types included: a type is a dependency too. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  const add = (specifier: string, dynamic: boolean) => {
    if (specifier.startsWith('.'))
      found.push({ file, target: relative(root, resolve(root, dirname(file), specifier)), dynamic })
  }
  for (const match of text.matchAll(/(?:^|[\s;}])(?:from|import)\s*['"]([^'"]+)['"]/g)) add(match[1]!, false)
  for (const match of text.matchAll(/\bimport\(\s*['"`]([^'"`$]+)/g)) add(match[1]!, !isTypeQuery(text, match.index))
  return found
}

/** `import('…')` in a type position names a type; in front of a call, `await` or `return` it loads. */
function isTypeQuery(text: string, index: number): boolean {
  return /[:<|&(]\s*$|\btypeof\s*$/.test(text.slice(Math.max(0, index - 12), index))
}
