/** Forces the names in a folder to disk: a file that was renamed survives a power loss only with its name. */
import { open } from 'node:fs/promises'

export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
