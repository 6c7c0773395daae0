/** What `npm ci` on a fresh machine needs of the lock file. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>
}
const packages = Object.entries(lock.packages)

it('names no registry, so that any machine may use its own', () => {
  expect(packages.length).toBeGreaterThan(50)
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})

// `npm install` leaves out those that its registry has not, and `npm ci` then refuses the lock file as a whole.
it('holds the builds of every platform', () => {
  const optional = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  )
  expect(optional.length).toBeGreaterThan(20)
  const missing = optional.filter(
    ({ path, name }) => !(`${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages),
  )
  expect(missing).toEqual([])
})
