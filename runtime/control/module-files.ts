/** Which files a job module consists of, and what is in them: so that a worker notices that they have changed. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Sluice's own rooms: another version of them is another matter than a changed job. */
const OWN_ROOMS = ['topology/', 'operators/', 'connectors/', 'runtime/'].map(
  (room) => new URL(`../../${room}`, import.meta.url).href,
)

/** Path → SHA-256, of every local file that was loaded since `watchModuleFiles`. */
const loaded = new Map<string, string>()
let watching = false

/** Notes every local file that is loaded from now on. Packages and Sluice itself are none. */
export function watchModuleFiles(): void {
  if (watching) return
  watching = true
  registerHooks({
    load(url, context, nextLoad) {
      const result = nextLoad(url, context)
      if (isOfJob(url)) note(fileURLToPath(url))
      return result
    },
  })
}

/** SHA-256 over the files that were loaded so far, and `file`. */
export function moduleFilesSha256(file: string): string {
  if (!loaded.has(file)) note(file)
  const hash = createHash('sha256')
  for (const [path, sha256] of [...loaded].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${sha256}\n`)
  return hash.digest('hex')
}

/** The files that have other contents by now. */
export function changedModuleFiles(): readonly string[] {
  return [...loaded].filter(([path, sha256]) => sha256Of(path) !== sha256).map(([path]) => path)
}

function note(path: string): void {
  const sha256 = sha256Of(path)
  if (sha256 !== undefined) loaded.set(path, sha256)
}

function sha256Of(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return undefined
  }
}

function isOfJob(url: string): boolean {
  return url.startsWith('file://') && !url.includes('/node_modules/') && !OWN_ROOMS.some((room) => url.startsWith(room))
}
