/**
 * Loaded before the CLI, this lets every thread of the process write so many bytes of files, and then no more: as a disk
 * does that is full. Databases are not counted; what they do then is tested where they are.
 */
import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

let freeBytes = Number(process.env['SLUICE_TEST_DISK_BYTES'])

const open = fs.open
fs.open = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
  const handle = await open(...args)
  const writeFile = handle.writeFile.bind(handle)
  handle.writeFile = async (data, ...options) => {
    const bytes = data as Uint8Array
    if (bytes.length <= freeBytes) {
      freeBytes -= bytes.length
      return writeFile(bytes, ...options)
    }
    // What still fits is written: a torn file must not be taken for a whole one.
    await writeFile(bytes.subarray(0, freeBytes), ...options)
    freeBytes = 0
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  return handle
}
syncBuiltinESMExports()
