/** PyIceberg as a reader that is not ours: set up once in the repository's .venv, asked table by table. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const root = resolve(import.meta.dirname, '../..')
const venv = join(root, '.venv')
const python = join(venv, 'bin/python')
const reader = join(process.env['SLUICE_SERVICES'] ?? join(root, '../shared/services'), 'pyiceberg')

/** What read_table.py prints of a table in its first line. */
export interface PyIcebergSummary {
  readonly rows: number
  readonly formatVersion: number
  readonly properties: Readonly<Record<string, string>>
  readonly schema: readonly { id: number; name: string; type: string; required: boolean }[]
  readonly partitioning: readonly string[]
  readonly currentSnapshot: number | string | null
  readonly snapshots: readonly { id: number | string; operation: string; summary: Record<string, string> }[]
  readonly dataFiles: number
  readonly columns: Readonly<Record<string, { nulls: number; distinct?: number; min?: unknown; max?: unknown }>>
}

export interface PyIcebergTable {
  readonly summary: PyIcebergSummary
  readonly rows: readonly Readonly<Record<string, any>>[]
}

/** Makes the virtual environment, or finds the one that an earlier run made from the same requirements. */
export async function setUpPyIceberg(): Promise<void> {
  const requirements = join(reader, 'requirements.txt')
  const wanted = readFileSync(requirements, 'utf8')
  const installed = join(venv, 'installed-requirements.txt')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return
  await run('python3', ['-m', 'venv', venv])
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  writeFileSync(installed, wanted)
}

/** Reads a whole table, or one snapshot of it. */
export async function readWithPyIceberg(
  catalogPath: string,
  table: string,
  options: { readonly sort?: string; readonly snapshotId?: bigint } = {},
): Promise<PyIcebergTable> {
  const args = [join(reader, 'read_table.py')]
  if (options.sort !== undefined) args.push('--sort', options.sort)
  if (options.snapshotId !== undefined) args.push('--snapshot', String(options.snapshotId))
  const catalog = JSON.stringify({ name: 'sluice', type: 'sql', uri: `sqlite:///${resolve(catalogPath)}` })
  const { stdout } = await run(python, [...args, table, catalog], { maxBuffer: 1 << 30 })
  const [summary, ...rows] = stdout.trimEnd().split('\n')
  return { summary: JSON.parse(summary!), rows: rows.map((row) => JSON.parse(row)) }
}

/** Runs Python with PyIceberg at hand and parses the JSON it prints: for what read_table.py does not show. */
export async function runPython(script: string, args: readonly string[] = []): Promise<any> {
  const { stdout } = await run(python, ['-c', script, ...args], { maxBuffer: 1 << 30 })
  return JSON.parse(stdout)
}
