/** Everything that a module of ours loads, by file: what a simulation is made of. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** How code reaches time, randomness and files of the machine. */
export const MACHINE_TOKENS = [
  'Date.now',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'Math.random',
  'randomUUID',
  'randomBytes',
  'node:fs',
  'node:net',
  'node:child_process',
  'node:worker_threads',
]

/** Text without comments, by path from the root. Types are not loaded, and not followed. */
export function importsOf(file: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  if (found.has(file)) return found
  const text = readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
  found.set(file, text)
  const statements = text.matchAll(
    /^(?:import|export)\b(?! type\b)[^;'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
  )
  for (const [, imported, loaded] of statements) {
    importsOf(relative(ROOT, resolve(ROOT, dirname(file), (imported ?? loaded)!)), found)
  }
  return found
}
