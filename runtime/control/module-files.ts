/** Which files a job module consists of, and what is in them: so that a worker notices that they have changed. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Sluice's own rooms: another version of them is another matter than a changed job. */
const OWN_ROOMS = ['topology/', 'operators/', 'connectors/', 'runtime/'].map(
  (room) => new URL(`../../${room}`, import.meta.url).href,
)

/** Path → SHA-256. */
export type ModuleFiles = Readonly<Record<string, string>>

/** Of every local file that was loaded since `watchModuleFiles`, as it was then. */
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

/** Path → SHA-256, of `file` and of what was loaded so far. */
export function moduleFiles(file: string): ModuleFiles {
  if (!loaded.has(file)) note(file)
  return Object.fromEntries(loaded)
}

/** Those of `found` that are not what was `submitted`. What was loaded there besides is of another job. */
export function changedFiles(found: ModuleFiles, submitted: ModuleFiles): readonly string[] {
  return Object.keys(found).filter((path) => found[path] !== submitted[path])
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
