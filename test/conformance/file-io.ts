/** What every place for files must do: the list that a new one runs against itself. */
import { expect } from 'vitest'
import type { FileIO } from '../../topology/contract/file-io.ts'

export interface FileIOHarness {
  readonly files: FileIO
  /** URI of a directory of this case's own, without a slash at the end. */
  readonly root: string
  /** Files to list at once: more than the store gives in one reply. */
  readonly many: number
}

export interface FileIOCase {
  readonly name: string
  run(harness: FileIOHarness): Promise<void>
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const LARGE_BYTES = 8 * 2 ** 20

export const fileIOConformance: readonly FileIOCase[] = [
  {
    name: 'reads what was written, byte for byte: nothing, all bytes, 8 MiB',
    async run({ files, root }) {
      const contents = [
        new Uint8Array(),
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
        Uint8Array.from({ length: LARGE_BYTES }, (_, index) => (index * 2_654_435_761) >>> 24),
      ]
      for (const [index, bytes] of contents.entries()) {
        await files.write(`${root}/written-${index}`, bytes)
        expect(await files.create(`${root}/created-${index}`, bytes)).toBe(true)
        for (const name of ['written', 'created']) {
          expect(Buffer.compare(await files.read(`${root}/${name}-${index}`), bytes)).toBe(0)
        }
      }
    },
  },
  {
    name: 'keeps the bytes as they were when the promise resolved, not the array',
    async run({ files, root }) {
      const parts = bytesOf('-one-two')
      await files.write(`${root}/written`, parts.subarray(1, 4))
      await files.create(`${root}/created`, parts.subarray(5))
      parts.fill(0)
      expect(textOf(await files.read(`${root}/written`))).toBe('one')
      expect(textOf(await files.read(`${root}/created`))).toBe('two')
    },
  },
  {
    name: 'replaces a file',
    async run({ files, root }) {
      await files.write(`${root}/file`, bytesOf('longer before'))
      await files.write(`${root}/file`, bytesOf('after'))
      expect(textOf(await files.read(`${root}/file`))).toBe('after')
    },
  },
  {
    name: 'reads a range, cut off where the file ends',
    async run({ files, root }) {
      await files.write(`${root}/file`, bytesOf('0123456789'))
      await files.write(`${root}/empty`, new Uint8Array())
      const read = async (name: string, start: number, end: number) =>
        textOf(await files.read(`${root}/${name}`, { start, end }))
      expect(await read('file', 0, 10)).toBe('0123456789')
      expect(await read('file', 3, 4)).toBe('3')
      expect(await read('file', 7, 100)).toBe('789')
      expect(await read('file', 10, 20)).toBe('')
      expect(await read('file', 4, 4)).toBe('')
      expect(await read('empty', 0, 5)).toBe('')
    },
  },
  {
    name: 'says FILE_NOT_FOUND of what is not there, naming it',
    async run({ files, root }) {
      const missing = { code: 'FILE_NOT_FOUND', message: expect.stringContaining(`${root}/missing`) }
      await expect(files.read(`${root}/missing`)).rejects.toMatchObject(missing)
      await expect(files.read(`${root}/missing`, { start: 0, end: 4 })).rejects.toMatchObject(missing)
      await expect(files.read(`${root}/missing`, { start: 4, end: 4 })).rejects.toMatchObject(missing)
    },
  },
  {
    name: 'creates a file for exactly one of many, whose bytes stay',
    async run({ files, root }) {
      const rivals = Array.from({ length: 20 }, (_, rival) => String(rival))
      const created = await Promise.all(rivals.map((rival) => files.create(`${root}/file`, bytesOf(rival))))
      expect(created.filter(Boolean)).toHaveLength(1)
      expect(textOf(await files.read(`${root}/file`))).toBe(String(created.indexOf(true)))
      expect(await files.create(`${root}/file`, bytesOf('late'))).toBe(false)
      expect(textOf(await files.read(`${root}/file`))).toBe(String(created.indexOf(true)))
    },
  },
  {
    name: 'creates a file for exactly one of many, also when all bring the same bytes',
    async run({ files, root }) {
      const created = await Promise.all(
        Array.from({ length: 20 }, () => files.create(`${root}/file`, bytesOf('the same'))),
      )
      expect(created.filter(Boolean)).toHaveLength(1)
    },
  },
  {
    name: 'does not create what was written, and creates again what was deleted',
    async run({ files, root }) {
      await files.write(`${root}/file`, bytesOf('written'))
      expect(await files.create(`${root}/file`, bytesOf('created'))).toBe(false)
      await files.delete(`${root}/file`)
      expect(await files.create(`${root}/file`, bytesOf('created'))).toBe(true)
      expect(textOf(await files.read(`${root}/file`))).toBe('created')
    },
  },
  {
    name: 'lists by prefix, wherever in a name it ends, at any depth',
    async run({ files, root }) {
      for (const name of ['list/x1', 'list/x2/deep/er', 'list/y', 'lister']) {
        await files.write(`${root}/${name}`, bytesOf(name))
      }
      const list = async (prefix: string) =>
        (await Array.fromAsync(files.list(`${root}/${prefix}`)))
          .map(({ location, sizeBytes }) => [location.slice(root.length + 1), sizeBytes])
          .sort()
      expect(await list('list/x')).toEqual([
        ['list/x1', 7],
        ['list/x2/deep/er', 15],
      ])
      expect(await list('list/')).toHaveLength(3)
      expect(await list('list')).toHaveLength(4)
      expect(await list('')).toHaveLength(4)
      expect(await list('nothing/')).toEqual([])
    },
  },
  {
    name: 'lists every file once, however many there are',
    async run({ files, root, many }) {
      const names = Array.from({ length: many }, (_, index) => `${root}/many/${index}`)
      for (let next = 0; next < many; next += 20) {
        await Promise.all(names.slice(next, next + 20).map((name) => files.write(name, new Uint8Array())))
      }
      const found = await Array.fromAsync(files.list(`${root}/many/`))
      expect(found.map(({ location }) => location).sort()).toEqual(names.sort())
    },
  },
  {
    name: 'takes names literally',
    async run({ files, root }) {
      const names = ['a b', 'a%3Ab', 'a+b', 'day=2026-11-23', '#?&;,\'"!*()~', 'é😀', 'x/.y/...z']
      for (const name of names) expect(await files.create(`${root}/${name}`, bytesOf(name))).toBe(true)
      for (const name of names) expect(textOf(await files.read(`${root}/${name}`))).toBe(name)
      const found = await Array.fromAsync(files.list(`${root}/`))
      expect(found.map(({ location }) => location.slice(root.length + 1)).sort()).toEqual(names.toSorted())
      for (const name of names) await files.delete(`${root}/${name}`)
      expect(await Array.fromAsync(files.list(`${root}/`))).toEqual([])
    },
  },
  {
    name: 'deletes, also what is not there',
    async run({ files, root }) {
      await files.write(`${root}/file`, bytesOf('x'))
      await files.write(`${root}/file-2`, bytesOf('y'))
      await files.delete(`${root}/file`)
      await files.delete(`${root}/file`)
      await files.delete(`${root}/never/there`)
      await expect(files.read(`${root}/file`)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
      expect(textOf(await files.read(`${root}/file-2`))).toBe('y')
    },
  },
]
