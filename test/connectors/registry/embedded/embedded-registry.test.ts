import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, test } from 'vitest'
import { openEmbeddedRegistry } from '../../../../connectors/registry/embedded/embedded-registry.ts'
import type { RegisteredSchema } from '../../../../connectors/registry/registry.ts'
import type { Compatibility } from '../../../../topology/format.ts'

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function temporaryPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-schemas-'))
  directories.push(directory)
  return join(directory, 'data', 'schemas.db')
}

type Fields = Readonly<Record<string, unknown>>

/** A field with a value beside its type has it as its default. */
function record(fields: Fields): RegisteredSchema {
  const of = (type: unknown) => (Array.isArray(type) ? { type, default: null } : { type })
  const schema = {
    type: 'record',
    name: 'Order',
    fields: Object.entries(fields).map(([name, type]) => ({ name, ...of(type) })),
  }
  return { type: 'AVRO', schema: JSON.stringify(schema) }
}

const OPTIONAL = ['null', 'string']

describe('ids', () => {
  it('are those of schemas, whatever subject they are in, and stay', async () => {
    const path = temporaryPath()
    const registry = openEmbeddedRegistry({ path })
    expect(await registry.register('a', record({ id: 'long' }))).toBe(1)
    expect(await registry.register('a', record({ id: 'long', note: OPTIONAL }))).toBe(2)
    expect(await registry.register('b', record({ id: 'long' }))).toBe(1)
    expect(await registry.register('a', record({ id: 'long' }))).toBe(1)
    await registry.close()
    const again = openEmbeddedRegistry({ path })
    expect(await again.schemaById(2)).toMatchObject(record({ id: 'long', note: OPTIONAL }))
    expect(await again.schemaById(3)).toBeUndefined()
    expect(await again.latestSchema('a')).toMatchObject(record({ id: 'long', note: OPTIONAL }))
    expect(await again.latestSchema('c')).toBeUndefined()
    await again.close()
  })

  it('are the same for processes that begin at once', async () => {
    const path = temporaryPath()
    const processes = Array.from({ length: 4 }, () => registerIn(path))
    const answers = await Promise.all(processes)
    expect(new Set(answers.map((ids) => ids.join(',')))).toHaveLength(1)
  }, 60_000)
})

/** The ids that a process of its own gets. */
function registerIn(path: string): Promise<readonly number[]> {
  const child = fork(join(import.meta.dirname, 'register-process.ts'), [path], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (ids) => resolve(ids as readonly number[]))
    child.once('exit', (code) => reject(new Error(`the process has ended with ${code}`)))
  })
}

const FIRST = record({ id: 'int', note: 'string' })

describe('compatibility', () => {
  test.each<[Compatibility, string, RegisteredSchema, string | undefined]>([
    ['BACKWARD', 'a new optional field', record({ id: 'int', note: 'string', extra: OPTIONAL }), undefined],
    ['BACKWARD', 'one field less', record({ id: 'int' }), undefined],
    ['BACKWARD', 'a wider type', record({ id: 'long', note: 'string' }), undefined],
    [
      'BACKWARD',
      'a new required field',
      record({ id: 'int', note: 'string', extra: 'int' }),
      'extra: it is required, and not written (it has no default)',
    ],
    ['BACKWARD', 'another type', record({ id: 'string', note: 'string' }), "id: int can't be read as string"],
    [
      'FORWARD',
      'one field less',
      record({ id: 'int' }),
      'for readers with the earlier one, note: it is required, and not written (it has no default)',
    ],
    [
      'FORWARD',
      'a wider type',
      record({ id: 'long', note: 'string' }),
      "for readers with the earlier one, id: long can't be read as int",
    ],
    ['FORWARD', 'a new required field', record({ id: 'int', note: 'string', extra: 'int' }), undefined],
    ['FULL', 'a new optional field', record({ id: 'int', note: 'string', extra: OPTIONAL }), undefined],
    ['FULL', 'one field less', record({ id: 'int' }), 'for readers with the earlier one, note'],
    ['NONE', 'anything', record({ other: 'double' }), undefined],
  ])('%s: %s', async (level, _change, next, problem) => {
    const registry = openEmbeddedRegistry({ path: ':memory:' })
    await registry.register('orders', FIRST)
    await registry.setCompatibility('orders', level)
    const registered = registry.register('orders', next)
    if (problem === undefined) await registered
    else
      await expect(registered).rejects.toMatchObject({
        code: 'SCHEMA_INCOMPATIBLE',
        message: expect.stringContaining(problem),
      })
    await registry.close()
  })

  it('looks at the last schema, or transitively at all', async () => {
    const registry = openEmbeddedRegistry({ path: ':memory:' })
    await registry.register('orders', record({ id: 'int' }))
    await registry.register('orders', record({}))
    await registry.setCompatibility('orders', 'BACKWARD_TRANSITIVE')
    await expect(registry.register('orders', record({ id: 'string' }))).rejects.toThrow(
      "id: int can't be read as string",
    )
    await registry.setCompatibility('orders', 'BACKWARD')
    await expect(registry.register('orders', record({ id: ['null', 'boolean'] }))).resolves.toBe(3)
    await registry.close()
  })

  it('keeps a subject to one format', async () => {
    const registry = openEmbeddedRegistry({ path: ':memory:' })
    await registry.register('orders', FIRST)
    const message: RegisteredSchema = { type: 'PROTOBUF', schema: 'syntax = "proto3"; message Order { int32 id = 1; }' }
    await expect(registry.register('orders', message)).rejects.toThrow('its schemas are AVRO, not PROTOBUF')
    await registry.close()
  })

  it('tells fields of Protobuf apart by their numbers', async () => {
    const registry = openEmbeddedRegistry({ path: ':memory:' })
    const file = (fields: string): RegisteredSchema => ({
      type: 'PROTOBUF',
      schema: `syntax = "proto3"; message Order { message Item { int32 n = 1; } ${fields} }`,
    })
    await registry.register('orders', file('int32 id = 1; Item item = 2; map<string, int32> m = 3;'))
    await registry.register('orders', file('int64 id = 1; Item item = 2; map<string, int32> m = 3; string x = 4;'))
    await expect(registry.register('orders', file('string x = 1;'))).rejects.toThrow(
      'id: number 1 was int64, and is string x',
    )
    await expect(registry.register('orders', file('repeated Item item = 2;'))).rejects.toThrow(
      'item: number 2 was Item, and is repeated Item',
    )
    await registry.close()
  })
})

it('says which file it could not open', () => {
  expect(() => openEmbeddedRegistry({ path: '/dev/null/schemas.db' })).toThrow('the schemas in /dev/null/schemas.db')
})
