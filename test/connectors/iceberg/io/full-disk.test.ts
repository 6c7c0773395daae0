/** A full disk is named as such, and half a file is not left behind. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { LocalFileIO, locationOfPath } from '../../../../connectors/iceberg/io/local-file-io.ts'

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const open: typeof fs.open = async (path, flags) => {
    const handle = await fs.open(path, flags)
    if (flags === 'wx') {
      handle.writeFile = async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      }
    }
    return handle
  }
  return { ...fs, open }
})

it('says DISK_FULL', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-full-'))
  const location = locationOfPath(join(directory, 'file'))
  const files = new LocalFileIO()
  const full = { code: 'DISK_FULL', message: `cannot write ${location}: the disk is full`, details: { location } }
  await expect(files.write(location, new Uint8Array(8))).rejects.toMatchObject(full)
  await expect(files.create(location, new Uint8Array(8))).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(readdirSync(directory)).toEqual([])
  rmSync(directory, { recursive: true })
})
