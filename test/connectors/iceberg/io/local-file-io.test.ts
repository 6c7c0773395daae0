/** Local files: exact names, all or nothing, typed errors. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { LocalFileIO, locationOfPath, pathOfLocation } from '../../../../connectors/iceberg/io/local-file-io.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-files-'))
const at = (path: string) => locationOfPath(join(directory, path))
const files = new LocalFileIO()
const bytes = (text: string) => new TextEncoder().encode(text)

afterAll(() => rmSync(directory, { recursive: true, force: true }))

it('writes, replaces and reads whole files and ranges, in directories it makes', async () => {
  await files.write(at('a/b/c%3A d'), bytes('hello'))
  await files.write(at('a/b/c%3A d'), bytes('hello world'))
  expect(readdirSync(join(directory, 'a/b'))).toEqual(['c%3A d'])
  expect(Buffer.from(await files.read(at('a/b/c%3A d'))).toString()).toBe('hello world')
  const range = await files.read(at('a/b/c%3A d'), { start: 6, end: 100 })
  expect(Buffer.from(range).toString()).toBe('world')
})

it('creates a file for exactly one of many', async () => {
  const created = await Promise.all(Array.from({ length: 20 }, (_, i) => files.create(at('once'), bytes(String(i)))))
  expect(created.filter(Boolean)).toHaveLength(1)
  const winner = String(created.indexOf(true))
  expect(Buffer.from(await files.read(at('once'))).toString()).toBe(winner)
  expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
})

it('lists by prefix, without what is still being written', async () => {
  await files.write(at('list/x1'), bytes('1'))
  await files.write(at('list/x2/deep'), bytes('22'))
  await files.write(at('list/y'), bytes('3'))
  writeFileSync(join(directory, 'list/.inprogress-1'), 'half')
  const found = await Array.fromAsync(files.list(at('list/x')))
  expect(found.map(({ location, sizeBytes }) => [location, sizeBytes]).sort()).toEqual([
    [at('list/x1'), 1],
    [at('list/x2/deep'), 2],
  ])
  expect(await Array.fromAsync(files.list(at('list/')))).toHaveLength(3)
  expect(await Array.fromAsync(files.list(at('nowhere/')))).toEqual([])
})

it('deletes, also what is not there', async () => {
  await files.write(at('gone'), bytes('x'))
  await files.delete(at('gone'))
  await files.delete(at('gone'))
  await expect(files.read(at('gone'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})

it('names the location of what it cannot write', async () => {
  await expect(files.write('file:///dev/full/x', bytes('x'))).rejects.toMatchObject({
    details: { location: 'file:///dev/full/x' },
  })
  await expect(files.write('s3://bucket/x', bytes('x'))).rejects.toMatchObject({ code: 'LOCATION_INVALID' })
})

it('takes paths literally', () => {
  expect(pathOfLocation('file:///a%20b/c')).toBe('/a%20b/c')
  expect(locationOfPath('/a b')).toBe('file:///a b')
})
