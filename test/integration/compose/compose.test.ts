/** docker-compose.yml: it is valid, and each of its services starts from it and answers. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import { SETTINGS } from '../../connectors/kafka/setup.ts'
import { recordingLogger } from '../../support/silent.ts'

const run = promisify(execFile)
const FILE = join(import.meta.dirname, '../../../docker-compose.yml')

/**
 * Beside the file itself: the look-alike of Kafka's image may hold a configuration that only root can replace, where it was
 * built from files that nobody else may write.
 */
const OVERRIDE = { version: '2', services: { kafka: { user: 'root' } } }

const PORTS = [
  'KAFKA_PORT',
  'REGISTRY_PORT',
  'S3_PORT',
  'S3_CONSOLE_PORT',
  'POSTGRES_PORT',
  'ICEBERG_REST_PORT',
  'TRINO_PORT',
  'PROMETHEUS_PORT',
] as const
type Port = (typeof PORTS)[number]

/** How each service shows that it works. */
const SERVICES: Readonly<Record<string, (port: Readonly<Record<Port, number>>) => Promise<void>>> = {
  async kafka({ KAFKA_PORT }) {
    const settings = { ...SETTINGS, bootstrapServers: [`localhost:${KAFKA_PORT}`] }
    const driver = await openKafkaDriver(settings, recordingLogger())
    try {
      expect(await (await driver.admin()).brokerCount()).toBe(1)
    } finally {
      await driver.close()
    }
  },
  registry: ({ REGISTRY_PORT }) => answers(`http://127.0.0.1:${REGISTRY_PORT}/apis/ccompat/v7/subjects`),
  s3: ({ S3_PORT }) => answers(`http://127.0.0.1:${S3_PORT}/minio/health/ready`),
  async postgres({ POSTGRES_PORT }) {
    const client = new pg.Client({ host: '127.0.0.1', port: POSTGRES_PORT, user: 'sluice', password: 'password-1' })
    await client.connect()
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await client.end()
  },
  'iceberg-rest': ({ ICEBERG_REST_PORT }) => answers(`http://127.0.0.1:${ICEBERG_REST_PORT}/v1/config`),
  trino: ({ TRINO_PORT }) => answers(`http://127.0.0.1:${TRINO_PORT}/v1/info`),
  prometheus: ({ PROMETHEUS_PORT }) => answers(`http://127.0.0.1:${PROMETHEUS_PORT}/-/ready`),
}

function hasImage(service: string): boolean {
  const image = new RegExp(`^  ${service}:\\n(?:    .*\\n)*?    image: (\\S+)`, 'm').exec(
    readFileSync(FILE, 'utf8'),
  )![1]!
  return execFileSync('docker', ['images', '-q', image], { encoding: 'utf8' }).trim() !== ''
}

async function answers(url: string): Promise<void> {
  expect((await fetch(url)).status).toBe(200)
}

let folder: string
let ports: Record<Port, number>
let env: NodeJS.ProcessEnv
const project = `sluice-compose-${process.pid}`

const compose = (...args: readonly string[]) =>
  run('docker-compose', ['-p', project, '-f', FILE, '-f', join(folder, 'override.json'), ...args], { env })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-compose-'))
  writeFileSync(join(folder, 'override.json'), JSON.stringify(OVERRIDE))
  ports = Object.fromEntries(await Promise.all(PORTS.map(async (name) => [name, await freePort()]))) as typeof ports
  const asText = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]))
  env = { ...process.env, ...asText, S3_SECRET_ACCESS_KEY: 'password-1', POSTGRES_PASSWORD: 'password-1' }
})

afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '1')
  rmSync(folder, { recursive: true })
}, 60_000)

test('is valid, and says so of every service here', async () => {
  const { stdout } = await compose('config', '--services')
  expect(stdout.trim().split('\n').sort()).toEqual(Object.keys(SERVICES).sort())
})

test('asks for the passwords that it has no default for', async () => {
  const without = run('docker-compose', ['-f', FILE, 'config', '-q'], { env: { PATH: process.env['PATH'] } })
  await expect(without).rejects.toMatchObject({ stderr: expect.stringContaining('PASSWORD') })
})

test('publishes on loopback only', async () => {
  const { stdout } = await compose('config')
  const published = [...stdout.matchAll(/- (\S+):\d+\/tcp/g)].map((match) => match[1]!)
  expect(published.length).toBe(PORTS.length)
  expect(published.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([])
})

// Those whose images are here: `.ci/run` makes the ones that other tests use as well.
test.each(Object.entries(SERVICES).filter(([service]) => hasImage(service)))(
  'starts %s',
  async (service, works) => {
    await compose('up', '-d', service)
    await expect.poll(() => works(ports).then(() => 'works', String), { timeout: 100_000, interval: 500 }).toBe('works')
    await compose('rm', '--stop', '--force', service)
  },
  120_000,
)

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
}
