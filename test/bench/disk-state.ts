/**
 * 20 million keys on disk, in a container with a gigabyte of memory; beside it the heap backend, with as many keys as it can
 * be given on the machine without such a limit.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DiskStateFigures, Rate } from './disk-state-job.ts'
import type { Measurement } from './measure.ts'

const run = promisify(execFile)
const KEYS = 20_000_000
const HEAP_KEYS = 5_000_000
const MEMORY = '1g'
/** Any with the C library that our Node is built for. */
const IMAGE = process.env['SLUICE_BENCH_IMAGE'] ?? 'debian:12'
const JOB = join(import.meta.dirname, 'disk-state-job.ts')
const TREE = join(import.meta.dirname, '../..')

export async function benchDiskState(): Promise<Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-state-'))
  try {
    const disk = await inContainer(directory)
    const heap = await onMachine()
    return [
      ...figures(`disk, ${KEYS / 1e6} million keys, ${MEMORY}`, disk, '≤ 1,024'),
      ...figures(`heap, ${HEAP_KEYS / 1e6} million keys`, heap),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function inContainer(directory: string): Promise<DiskStateFigures> {
  const modules = realpathSync(join(TREE, 'node_modules'))
  const { stdout } = await run('docker', [
    'run',
    '--rm',
    `--memory=${MEMORY}`,
    `--memory-swap=${MEMORY}`,
    '--network=none',
    ...(await libraryMounts()),
    `--volume=${TREE}:/tree:ro`,
    `--volume=${modules}:/modules/node_modules:ro`,
    `--volume=${directory}:/state`,
    '--entrypoint=/modules/node_modules/node/bin/node',
    IMAGE,
    `/tree/${JOB.slice(TREE.length + 1)}`,
    'disk',
    String(KEYS),
    '/state',
  ])
  return JSON.parse(stdout) as DiskStateFigures
}

/** What our Node is linked to and a small image has not: taken from this machine, as Node itself is. */
async function libraryMounts(): Promise<string[]> {
  const { stdout } = await run('ldd', [realpathSync(process.execPath)])
  const path = /libatomic\.so\.1 => (\S+)/.exec(stdout)?.[1]
  if (path === undefined) return []
  return [`--volume=${realpathSync(path)}:/libraries/libatomic.so.1:ro`, '--env=LD_LIBRARY_PATH=/libraries']
}

async function onMachine(): Promise<DiskStateFigures> {
  const arguments_ = ['--max-old-space-size=8192', JOB, 'heap', String(HEAP_KEYS), tmpdir()]
  return JSON.parse((await run(process.execPath, arguments_)).stdout) as DiskStateFigures
}

function figures(of: string, found: DiskStateFigures, memoryTarget?: string): Measurement[] {
  const name = (what: string) => `${of}: ${what}`
  return [
    {
      name: name('anonymous memory (RssAnon), most'),
      value: found.peakRssAnonMiB,
      unit: 'MiB',
      ...(memoryTarget !== undefined && { target: memoryTarget }),
    },
    ...rates(name('first record of each key'), found.first),
    ...rates(name('keys at random'), found.uniform),
    ...rates(name('90 % of records on 1 % of keys'), found.skewed),
    ...rates(name('keys at random during a snapshot'), found.uniformDuringSnapshot),
    { name: name('cut'), value: found.cutMs, unit: 'ms' },
    { name: name('snapshot'), value: found.snapshotMs / 1000, unit: 's' },
    { name: name('snapshot size'), value: found.snapshotMiB, unit: 'MiB' },
  ]
}

function rates(name: string, { wall, cpu }: Rate): Measurement[] {
  return [
    { name, value: wall, unit: 'records/s' },
    { name, value: cpu, unit: 'records/CPU-s' },
  ]
}
