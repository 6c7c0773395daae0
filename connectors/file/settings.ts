/** What `files()` says, as the connector reads it. */
import { basename, dirname, join, resolve } from 'node:path'
import type { EndpointReference } from '../../topology/endpoint.ts'
import type { FileFormat } from '../../topology/files.ts'

export interface FileSettings {
  readonly location: string
  readonly format: FileFormat
  readonly delimiter: string
  readonly discoverEveryMs: number
  readonly rollBytes: number
}

/** With the defaults for what was left out. */
export function settingsOf({ settings }: EndpointReference): FileSettings {
  const { location, format, delimiter = ',', discoverEveryMs = 1_000, rollBytes = 128 << 20 } = settings
  return { location, format, delimiter, discoverEveryMs, rollBytes } as FileSettings
}

/** Where to look for files, and which. */
export interface FilePattern {
  readonly folder: string
  readonly matches: (name: string) => boolean
}

/** A location with a `*` or a file's ending names files of a folder; any other is a folder whose files of the format are meant. */
export function patternOf({ location, format }: FileSettings, cwd: string): FilePattern {
  const path = resolve(cwd, location)
  const name = basename(path)
  const ending = ENDINGS[format]
  if (!name.includes('*') && !ending.test(name))
    return { folder: path, matches: (file) => isWhole(file) && ending.test(file) }
  const parts = name.split('*').map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`)
  return { folder: dirname(path), matches: (file) => isWhole(file) && pattern.test(file) }
}

const ENDINGS: Readonly<Record<FileFormat, RegExp>> = {
  jsonl: /\.(jsonl|ndjson)(\.gz)?$/,
  csv: /\.csv(\.gz)?$/,
  parquet: /\.parquet$/,
}

/** Whoever is still writing a file gives it one of these names. */
function isWhole(name: string): boolean {
  return !/^[._]|\.tmp$/.test(name)
}

/** The folder of a sink, and the one below it where its files wait for their checkpoint. */
export function sinkFolders(location: string, cwd: string, job: string, uid: string) {
  const folder = resolve(cwd, location)
  return { folder, staging: join(folder, '_sluice', job, encodeURIComponent(uid)) }
}
