/** The package as its user gets it: packed, installed into an empty folder, compiled against and run. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fencesOf } from '../../docs/fences.ts'

const root = resolve(import.meta.dirname, '../../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  exports: Record<string, string>
  devDependencies: Record<string, string>
}

let folder: string
let tarball: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
  const { stdout, stderr } = await run(root, 'npm', ['pack', '--json', '--pack-destination', folder])
  tarball = join(folder, filenameOf(stdout, stderr))
  writeFileSync(
    join(folder, 'package.json'),
    // The npm package `node` fetches its executable in an install script, which npm runs for those approved only.
    JSON.stringify({ name: 'consumer', version: '1.0.0', type: 'module', private: true, allowScripts: { node: true } }),
  )
  await install([tarball, ...pinned('zod', 'node')])
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('holds compiled JavaScript and declarations, and no sources', async () => {
  const { stdout } = await run(folder, 'tar', ['--list', '--file', tarball])
  const files = stdout.trimEnd().split('\n')
  expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining([
      'package/README.md',
      'package/LICENSE',
      'package/CHANGELOG.md',
      'package/runtime/cli/bin.js',
      'package/runtime/stage-server/PROTOCOL.md',
      ...Object.values(manifest.exports).map((target) => target.replace('./', 'package/')),
      'package/dist/runtime/worker/fused-loop.js',
      'package/dist/connectors/iceberg/write/parquet-worker.js',
    ]),
  )
})

it('runs the CLI, which names an optional client that is missing', async () => {
  expect(await runtime(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
  mkdirSync(join(folder, 'data'))
  const { code, stderr } = await runtime(['sql', 'SELECT 1', '--format', 'json'])
  expect(code).toBe(1)
  expect(JSON.parse(stderr).error).toMatchObject({
    code: 'CLIENT_MISSING',
    details: { missing: ['@duckdb/node-api'] },
  })
})

it('type-checks a consumer, every subpath and the declarations themselves', async () => {
  await install(pinned('typescript', '@types/node', 'apache-arrow', 'parquet-wasm', '@duckdb/node-api'))
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
  writeFileSync(join(folder, 'job.ts'), readmeJob())
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  const { code, stdout } = await run(folder, 'npx', ['tsc', '--pretty', 'false'])
  expect(stdout).toBe('')
  expect(code).toBe(0)
})

it("publishes from an application, and runs README's job in TypeScript", async () => {
  expect(await run(folder, 'npx', ['node', 'consumer.ts'])).toEqual({
    code: 0,
    stdout: 'order 0 acknowledged\n',
    stderr: '',
  })
  const submitted = await runtime(['submit', 'job.ts', '--until', 'latest', '--drain'])
  expect(submitted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job orders FINISHED: 3 records read/) })
  const { stdout } = await runtime(['sql', 'FROM gold.hourly_sales ORDER BY hour, customer', '--format', 'json'])
  expect(JSON.parse(stdout).rows).toEqual([
    ['ann', '2026-01-01T08:00:00Z', '20.00', '2'],
    ['ann', '2026-01-01T09:00:00Z', '7.50', '1'],
  ])
})

const CONSUMER = `
import { z } from 'zod'
import { decimal, map, to, topic, topology } from 'sluice'
import { openDuckDb } from 'sluice/connectors/duckdb'
import { openIceberg } from 'sluice/connectors/iceberg'
import { openLog } from 'sluice/connectors/log'
import { memorySink } from 'sluice/connectors/memory'
import { filter } from 'sluice/operators'
import { openEventProducer } from 'sluice/producer'
import { testTopology } from 'sluice/testing'

const Order = z.object({ order_id: z.string(), amount: decimal(18, 2) })
const ids = memorySink<{ id: string }>('ids')
const Orders = topic('orders', Order)
const consumer = topology('consumer', ({ from }) => {
  const orders = from(Orders).pipe(filter((order) => order.amount > 0n))
  orders.pipe(map((order) => ({ id: order.order_id })), to(ids))
  // @ts-expect-error a stream of another shape
  const wrong = () => orders.pipe(to(ids))
  void wrong
})
const test = await testTopology(consumer, { parallelism: 2 })
test.source(Orders).push([{ order_id: 'a', amount: 1n }, { order_id: 'b', amount: 0n }])
if (test.output(ids).rows.map((row) => row.id).join() !== 'a') throw new Error('the kit runs no job')

for (const open of [openDuckDb, openIceberg, openLog]) if (typeof open !== 'function') throw new Error('not there')

const Event = z.object({
  event_id: z.string(),
  event_type: z.string(),
  event_timestamp: z.string(),
  source_system: z.string(),
  payload: z.object({ user_id: z.string() }),
  metadata: z.looseObject({}),
  schema_version: z.string(),
})
await using producer = await openEventProducer({ schema: Event, sourceSystem: 'shop', topic: 'orders' })
const [first] = await Promise.all(
  [
    { order_id: '1', customer: 'ann', amount: 19.99, ordered_at: '2026-01-01T08:15:00Z' },
    { order_id: '2', customer: 'ann', amount: 0.01, ordered_at: '2026-01-01T08:59:59Z' },
    { order_id: '3', customer: 'ann', amount: 7.5, ordered_at: '2026-01-01T09:00:00Z' },
  ].map((order) => producer.publishRaw(Buffer.from(JSON.stringify(order)), { key: order.customer })),
)
console.log('order ' + first!.offset + ' acknowledged')
`

/** Without skipLibCheck: what the package declares must hold as well. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2024', 'ESNext.Disposable', 'ESNext.Collection'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    noEmit: true,
  },
  files: ['consumer.ts', 'job.ts'],
}

/** "Your first job", with the imports of a package. */
function readmeJob(): string {
  const job = fencesOf('README.md').find(
    ({ language, code }) => language === 'ts' && code.includes("topology('orders'"),
  )!
  return job.code.replaceAll(/'(\.\.\/)+(topology|operators)\/index\.ts'/g, "'sluice'")
}

function pinned(...names: readonly string[]): readonly string[] {
  return names.map((name) => `${name}@${manifest.devDependencies[name]!}`)
}

async function install(packages: readonly string[]): Promise<void> {
  const { code, stderr } = await run(folder, 'npm', ['install', '--no-audit', '--no-fund', ...packages])
  if (code !== 0) throw new Error(`npm install ${packages.join(' ')}: ${stderr}`)
}

function runtime(argv: readonly string[]): Promise<Ended> {
  return run(folder, 'npx', ['--no-install', 'runtime', ...argv])
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** npm's own settings for this repository must not reach the consumer, nor our own variables. */
function run(cwd: string, command: string, argv: readonly string[]): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_(?!config_(registry|cache|userconfig|globalconfig)$)|SLUICE_|INIT_CWD|NODE_OPTIONS|VITEST)/i.test(name),
    ),
  )
  return new Promise((done, reject) => {
    execFile(command, [...argv], { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else done({ code: (error?.code as number | undefined) ?? 0, stdout, stderr: withoutNpmNotices(stderr) })
    })
  })
}

function withoutNpmNotices(stderr: string): string {
  return stderr.replaceAll(/^npm (warn|notice).*\n/gm, '')
}

function filenameOf(stdout: string, stderr: string): string {
  const begin = stdout.indexOf('[')
  if (begin < 0) throw new Error(`npm pack: ${stderr}`)
  return (JSON.parse(stdout.slice(begin)) as { filename: string }[])[0]!.filename
}
