/** Forces the names in a folder to disk: a file that was renamed survives a power loss only with its name. */
import { open } from 'node:fs/promises'

/** To be called after the rename, and before anybody relies on it. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
