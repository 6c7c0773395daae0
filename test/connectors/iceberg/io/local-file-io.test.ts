/** Local files: what every place for files does, exact names on disk, all or nothing, typed errors. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LocalFileIO, locationOfPath, pathOfLocation } from '../../../../connectors/iceberg/io/local-file-io.ts'
import { fileIOConformance } from '../../../conformance/file-io.ts'

const files = new LocalFileIO()
const bytes = (text: string) => new TextEncoder().encode(text)
const at = (path: string) => locationOfPath(join(directory, path))
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-files-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('conformance', () => {
  it.each(fileIOConformance)('$name', async ({ run }) => {
    await run({ files, root: at('not/made/yet'), many: 200 })
  })
})

it('leaves the files on disk, under their names, and nothing else', async () => {
  await Promise.all(['1', '2'].map((rival) => files.create(at('a/b/c%3A d'), bytes(rival))))
  await files.write(at('a/b/e'), bytes('hello'))
  expect(readdirSync(join(directory, 'a/b'))).toEqual(['c%3A d', 'e'])
})

it('does not list what is still being written', async () => {
  await files.write(at('whole'), bytes('1'))
  writeFileSync(join(directory, '.inprogress-1'), 'half')
  expect((await Array.fromAsync(files.list(at('')))).map(({ location }) => location)).toEqual([at('whole')])
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
