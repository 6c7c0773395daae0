/** What a user who asks a real cluster for something wrong is told, by which command, and how soon. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf } from '../../support/medallion.ts'
import { runProcess } from '../../support/run-process.ts'
import { type SecureBroker, STRANGER, startSecureBroker, USER } from './broker.ts'

/** Nobody waits longer for what can be told at once, or within `KAFKA_CONNECT_TIMEOUT`. */
const TOLD_WITHIN_MS = 15_000
const JOB = 'test/integration/kafka/bad-input-job.ts'

let broker: SecureBroker
let directory: string
let events: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-bad-input-'))
  events = join(directory, 'events.jsonl')
  writeFileSync(events, '{"event_id":"1"}\n')
  broker = await startSecureBroker()
  writeFileSync(join(directory, 'ca.pem'), broker.certificates.ca)
  for (const [topic, partitions] of [
    ['orders', '3'],
    ['payments', '1'],
  ] as const)
    await expect(runtime(['topics', 'create', topic, '--partitions', partitions])).resolves.toMatchObject({ code: 0 })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

type Environment = Readonly<Record<string, string>>

let runs = 0

/** In a data directory of its own, as {@link USER} unless told otherwise. */
function runtime(command: readonly string[], env: Environment = {}) {
  return runProcess(
    'runtime/cli/bin.js',
    [...command, '--data-dir', join(directory, `data-${runs++}`), '--format', 'json'],
    {
      env: {
        KAFKA_BOOTSTRAP_SERVERS: broker.sasl.join(),
        KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
        KAFKA_SSL_CA: join(directory, 'ca.pem'),
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: USER.username,
        KAFKA_SASL_PASSWORD: USER.password,
        KAFKA_CONNECT_TIMEOUT: '2s',
        METRICS_PORT: 'off',
        BAD_INPUT: '{}',
        ...env,
      },
      killAfterMs: 60_000,
    },
  )
}

/** A job that declares its topics so. */
const job = (declaration: object): Environment => ({ BAD_INPUT: JSON.stringify(declaration) })

/** What a command ends with that is refused. */
async function refusal(command: readonly string[], env: Environment) {
  const result = await runtime(command, env)
  expect(result.durationMs, command.join(' ')).toBeLessThan(TOLD_WITHIN_MS)
  expect(result.code, `${command.join(' ')}: ${result.stderr}`).toBe(1)
  return errorOf(result)
}

/** Of one after the other: several at once would be slow by themselves. */
async function refusals(commands: readonly (readonly string[])[], env: Environment) {
  const errors: Awaited<ReturnType<typeof refusal>>[] = []
  for (const command of commands) errors.push(await refusal(command, env))
  return errors
}

const COMMANDS: readonly (readonly string[])[] = [
  ['submit', JOB],
  ['topics', 'list'],
  ['topics', 'create', JOB],
  ['topics', 'alter', JOB],
]
const publishing = () => ['publish', 'orders', events]

const SUBMIT = [COMMANDS[0]!]

describe('a wrong host', () => {
  test.each([
    ['at which nothing listens', COMMANDS, 'localhost:1', 'nothing listens there'],
    ['that there is not', SUBMIT, 'nowhere.invalid:9092', 'there is no host of this name'],
  ])('%s', async (_, commands, server, reason) => {
    for (const error of await refusals([...commands, publishing()], { KAFKA_BOOTSTRAP_SERVERS: server })) {
      expect(error).toMatchObject({
        code: 'KAFKA_UNREACHABLE',
        message: `Kafka is not reached at ${server}: ${reason}`,
        fix: expect.stringContaining('KAFKA_BOOTSTRAP_SERVERS'),
      })
    }
  })

  test('that takes connections and never answers', async () => {
    const silent = createSocketServer(() => {}).listen(0)
    const server = `localhost:${(silent.address() as AddressInfo).port}`
    for (const error of await refusals([...SUBMIT, publishing()], { KAFKA_BOOTSTRAP_SERVERS: server })) {
      expect(error).toMatchObject({ code: 'KAFKA_UNREACHABLE', message: expect.stringContaining(server) })
    }
    silent.close()
  })
})

test('a wrong password', async () => {
  for (const error of await refusals([...COMMANDS, publishing()], { KAFKA_SASL_PASSWORD: 'not-the-secret' })) {
    expect(error).toMatchObject({
      code: 'KAFKA_AUTHENTICATION',
      message: expect.stringContaining(`Kafka at ${broker.sasl[0]} does not accept the credentials`),
      fix: expect.stringContaining('KAFKA_SASL_PASSWORD'),
    })
    expect(JSON.stringify(error)).not.toContain('not-the-secret')
  }
})

describe('a topic that is not there', () => {
  test('is named with the nearest that is', async () => {
    for (const [command, env] of [
      [['submit', JOB], job({ source: 'ordres' })],
      [['submit', JOB], job({ target: 'ordres' })],
      [['publish', 'ordres', events], {}],
      [['topics', 'describe', 'ordres'], {}],
      [['topics', 'alter', 'ordres', '--partitions', '4', '--yes'], {}],
    ] as const) {
      const { code, message, fix } = await refusal(command, env)
      expect(code).toBe('TOPIC_NOT_FOUND')
      expect(message).toContain("'ordres'")
      expect(message + fix).toMatch(/did you mean '?orders'?\?/i)
    }
  })

  test('is made when it is declared', async () => {
    const declared = job({ source: 'orders', target: 'declared', declared: { partitions: 2 } })
    const { code, stderr } = await runtime(['submit', JOB, '--until', 'latest'], declared)
    expect(code, stderr).toBe(0)
    const { stdout } = await runtime(['topics', 'describe', 'declared'])
    expect(JSON.parse(stdout)[0].partitions).toHaveLength(2)
  })
})

test('what a user may not do', async () => {
  const stranger = { KAFKA_SASL_USERNAME: STRANGER.username, KAFKA_SASL_PASSWORD: STRANGER.password }
  const denied = [
    ['submit', JOB],
    publishing(),
    ['topics', 'create', 'theirs'],
    ['topics', 'describe', 'orders'],
    ['topics', 'alter', 'orders', '--partitions', '4', '--yes'],
  ]
  for (const error of await refusals(denied, stranger)) {
    expect(error).toMatchObject({
      code: 'KAFKA_AUTHORIZATION',
      message: expect.stringMatching(/topic '(orders|theirs)': .*this user may not do it/),
      fix: expect.stringContaining('kafka-acls.sh --add'),
    })
  }
})

type Right = readonly [
  operation: 'CREATE' | 'DESCRIBE_CONFIGS' | 'READ' | 'WRITE',
  type: 'TOPIC' | 'TRANSACTIONAL_ID',
  name: string,
]

/** What a job needs that copies a topic into another, each with what it is told without it. */
const RIGHTS: readonly (readonly [refused: RegExp, ...rights: Right[]])[] = [
  [/^topic 'orders': .*may not do it/, ['READ', 'TOPIC', 'orders']],
  [/^topic 'payments': .*may not do it/, ['WRITE', 'TOPIC', 'payments']],
  [/^topic 'payments': reading its configuration: .*may not do it/, ['DESCRIBE_CONFIGS', 'TOPIC', 'payments']],
  [
    /^topic 'sluice-markers': .*may not do it/,
    ...(['CREATE', 'READ', 'WRITE', 'DESCRIBE_CONFIGS'] as const).map(
      (operation) => [operation, 'TOPIC', 'sluice-markers'] as const,
    ),
  ],
  [
    /^transactional id 'bad-input\/sink\(payments\)\/\d': .*may not use it/,
    ['WRITE', 'TRANSACTIONAL_ID', 'bad-input/'],
  ],
]

test('one right after the other, until the job runs', async () => {
  const env = {
    ...job({ target: 'payments' }),
    KAFKA_SASL_USERNAME: STRANGER.username,
    KAFKA_SASL_PASSWORD: STRANGER.password,
  }
  const command = ['submit', JOB, '--until', 'latest']
  for (const [refused, ...rights] of RIGHTS) {
    const error = await refusal(command, env)
    expect(error).toMatchObject({
      code: 'KAFKA_AUTHORIZATION',
      message: expect.stringMatching(refused),
      fix: expect.stringContaining('kafka-acls.sh --add'),
    })
    await allow(rights)
  }
  const { code, stderr } = await runtime(command, env)
  expect(code, stderr).toBe(0)
})

/** Grants the stranger these, on what has the name or begins with it. */
async function allow(rights: readonly Right[]): Promise<void> {
  const admin = new kafkajs.Kafka({
    brokers: [...broker.sasl],
    ssl: { ca: [broker.certificates.ca] },
    sasl: { mechanism: 'plain', ...USER },
  }).admin()
  await admin.connect()
  await admin.createAcls({
    acl: rights.map(([operation, type, resourceName]) => ({
      resourceType: kafkajs.AclResourceTypes[type],
      resourceName,
      resourcePatternType: kafkajs.ResourcePatternTypes.PREFIXED,
      principal: `User:${STRANGER.username}`,
      host: '*',
      operation: kafkajs.AclOperationTypes[operation],
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    })),
  })
  await admin.disconnect()
}

test('more copies than there are brokers', async () => {
  for (const [command, env] of [
    [['topics', 'create', 'copied-thrice', '--replication-factor', '3'], {}],
    [['topics', 'create', JOB], job({ target: 'copied-thrice', declared: { replicationFactor: 3 } })],
    [['submit', JOB], job({ target: 'copied-thrice', declared: { replicationFactor: 3 } })],
  ] as const) {
    const error = await refusal(command, env)
    expect(error).toMatchObject({
      code: 'KAFKA_REPLICATION_FACTOR',
      message: expect.stringMatching(/topic 'copied-thrice': .*fewer brokers than copies/),
      fix: expect.stringContaining('replicationFactor'),
    })
  }
})

test('fewer partitions than there are', async () => {
  const lowered = job({ target: 'orders', source: 'payments', declared: { partitions: 2 } })
  for (const [command, env] of [
    [['topics', 'alter', 'orders', '--partitions', '2', '--yes'], {}],
    [['topics', 'alter', JOB, '--yes'], lowered],
  ] as const) {
    const error = await refusal(command, env)
    expect(error).toMatchObject({
      code: 'TOPIC_PARTITIONS_LOWERED',
      message: "topic 'orders' has 3 partitions, and can't have 2: partitions are only added",
      fix: expect.stringContaining('Declare 3 partitions'),
    })
  }
  // A job runs on what is there, and says that it is otherwise.
  const { code, stderr } = await runtime(['submit', JOB, '--until', 'latest'], lowered)
  expect(code, stderr).toBe(0)
  expect(stderr).toContain("topic 'orders' has partitions 3, and the job declares 2")
})

describe('a schema registry', () => {
  const writing = job({ target: 'in-avro', declared: { partitions: 1 }, isAvro: true })
  let server: Server
  let url: string
  beforeAll(async () => {
    // Confluent's own answer to who may not come in; and beside it no registry.
    server = createServer(({ url }, response) => {
      const isRegistry = url!.startsWith('/registry/')
      response.writeHead(isRegistry ? 401 : 404, { 'content-type': 'application/json' })
      response.end(isRegistry ? '{"error_code":401,"message":"Unauthorized"}' : '{"error":"Not Found"}')
    }).listen(0)
    url = `http://localhost:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  test('at a wrong address', async () => {
    const error = await refusal(['submit', JOB], { ...writing, SCHEMA_REGISTRY_URL: 'http://localhost:1' })
    expect(error).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining("at http://localhost:1, asked about subject 'in-avro-value', does not answer"),
      fix: expect.stringContaining('SCHEMA_REGISTRY_URL'),
    })
  })

  test('at an address of something else', async () => {
    const error = await refusal(['submit', JOB], { ...writing, SCHEMA_REGISTRY_URL: url })
    expect(error).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining(`there is no schema registry at ${url}`),
      fix: expect.stringContaining('SCHEMA_REGISTRY_URL'),
    })
  })

  test('that does not know the user', async () => {
    const error = await refusal(['submit', JOB], {
      ...writing,
      SCHEMA_REGISTRY_URL: `${url}/registry`,
      SCHEMA_REGISTRY_USERNAME: 'alice',
      SCHEMA_REGISTRY_PASSWORD: 'not-the-secret',
    })
    expect(error).toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining(`at ${url}/registry, asked about subject 'in-avro-value', lets nobody in`),
      fix: expect.stringContaining('SCHEMA_REGISTRY_PASSWORD'),
    })
    expect(JSON.stringify(error)).not.toContain('not-the-secret')
  })
})
