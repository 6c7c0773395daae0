import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../runtime/config/load-config.ts'
import { isSluiceError, type SluiceError } from '../../../topology/errors.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-config-'))
})

afterEach(() => rmSync(cwd, { recursive: true }))

function failure(run: () => unknown): SluiceError {
  try {
    run()
  } catch (error) {
    if (isSluiceError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('defaults', () => {
  it('need no variable at all', () => {
    const { config, warnings } = loadConfig({ env: {}, cwd })
    expect(config).toEqual({
      dataDir: join(cwd, 'data'),
      logPath: join(cwd, 'data/log.db'),
      catalogPath: join(cwd, 'data/catalog.db'),
      warehouse: `file://${cwd}/data/warehouse`,
      checkpoints: `file://${cwd}/data/checkpoints`,
      log: { level: 'info', format: 'auto' },
      metrics: { prefix: 'dataplatform_', host: '127.0.0.1', port: 0 },
      runDirectory: join(cwd, 'data/run'),
      rest: { host: '127.0.0.1', port: 0, auth: 'token' },
      jobsDirectory: cwd,
      checkpoint: { intervalMs: 10_000, retained: 3, timeoutMs: 600_000, minPauseMs: 0, toleratedFailures: 0 },
      state: { backend: 'heap', directory: join(cwd, 'data/state'), cacheBytes: 64 * 2 ** 20 },
      mode: 'streaming',
      parallelism: 1,
      keyGroups: undefined,
      worker: {
        count: 0,
        transport: 'unix',
        heartbeatIntervalMs: 1_000,
        heartbeatTimeoutMs: 10_000,
        stallTimeoutMs: 300_000,
      },
      restart: {
        type: 'exponential-delay',
        attempts: 10,
        delayMs: 100,
        maxDelayMs: 60_000,
        resetAfterMs: 600_000,
      },
      s3: { pathStyle: false },
      icebergCatalog: 'sqlite',
      queryEngine: 'duckdb',
      topic: { partitions: 4 },
      schemaRegistry: { url: undefined, credentials: undefined, path: join(cwd, 'data/schemas.db') },
      producer: { acks: 'all', retry: { retries: 5, baseMs: 50, maxMs: 5_000 } },
    })
    expect(warnings).toEqual([])
  })

  it('are frozen to the leaves', () => {
    const { config } = loadConfig({ env: {}, cwd })
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.metrics)).toBe(true)
  })
})

describe('precedence', () => {
  it('is flags over environment over .env over defaults', () => {
    writeFileSync(join(cwd, '.env'), 'SLUICE_DATA_DIR=from-file\nLOG_LEVEL=warn\nCHECKPOINT_INTERVAL=1m # slow\n')
    const { config, settings } = loadConfig({
      flags: { SLUICE_DATA_DIR: 'from-flag' },
      env: { SLUICE_DATA_DIR: 'from-env', LOG_LEVEL: 'debug' },
      cwd,
    })
    expect(config.dataDir).toBe(join(cwd, 'from-flag'))
    expect(config.log.level).toBe('debug')
    expect(config.checkpoint.intervalMs).toBe(60_000)
    const origin = Object.fromEntries(settings.map((setting) => [setting.variable, setting.origin]))
    expect(origin).toMatchObject({
      SLUICE_DATA_DIR: 'flag',
      LOG_LEVEL: 'environment',
      CHECKPOINT_INTERVAL: '.env',
      METRICS_PORT: 'default',
    })
  })

  it('takes an empty variable for unset', () => {
    expect(loadConfig({ env: { LOG_LEVEL: '', KAFKA_BOOTSTRAP_SERVERS: '' }, cwd }).config.log.level).toBe('info')
  })

  it('shows values as they were written', () => {
    const { settings } = loadConfig({ env: { CHECKPOINT_INTERVAL: '500ms' }, cwd })
    expect(settings.find((setting) => setting.variable === 'CHECKPOINT_INTERVAL')?.value).toBe('500ms')
    expect(settings.find((setting) => setting.variable === 'PRODUCER_BACKOFF')?.value).toBe('50ms')
    expect(settings.find((setting) => setting.variable === 'KAFKA_BOOTSTRAP_SERVERS')?.value).toBeUndefined()
  })
})

describe('forms', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('reads the duration %s', (text, intervalMs) => {
    expect(loadConfig({ env: { CHECKPOINT_INTERVAL: text }, cwd }).config.checkpoint.intervalMs).toBe(intervalMs)
  })

  it.each(['10', '0s', '-1s', '10 s', 's', '1e3s', '10sec'])('refuses the duration %j', (text) => {
    expect(failure(() => loadConfig({ env: { CHECKPOINT_INTERVAL: text }, cwd })).message).toContain(
      `CHECKPOINT_INTERVAL is ${JSON.stringify(text)}`,
    )
  })

  it('reads ports, off included, and acks', () => {
    const { config } = loadConfig({ env: { METRICS_PORT: 'off', PRODUCER_ACKS: '1' }, cwd })
    expect(config.metrics.port).toBe('off')
    expect(config.producer.acks).toBe(1)
    expect(loadConfig({ env: { METRICS_PORT: '9464' }, cwd }).config.metrics.port).toBe(9464)
  })
})

describe('the checkpoint directory', () => {
  const checkpoints = (CHECKPOINT_DIR: string) => loadConfig({ env: { CHECKPOINT_DIR }, cwd }).config.checkpoints

  it('is a path, relative to where the command runs, or a place in a bucket', () => {
    expect(checkpoints('kept here')).toBe(`file://${cwd}/kept here`)
    expect(checkpoints('/srv/checkpoints/')).toBe('file:///srv/checkpoints')
    expect(checkpoints('s3://bucket/a/b/')).toBe('s3://bucket/a/b')
    expect(checkpoints('s3://bucket')).toBe('s3://bucket')
  })

  it.each(['s3://', 's3:///prefix', 's3://B/x', 'S3://bucket/x', 'gs://bucket/x', 'https://bucket/x'])(
    'is not %s',
    (text) => {
      expect(failure(() => checkpoints(text)).message).toContain('expected a directory, or s3://bucket/prefix')
    },
  )
})

describe('the S3 store', () => {
  const s3 = (env: Readonly<Record<string, string>>) => loadConfig({ env, cwd }).config.s3

  it('is addressed by path when it has an endpoint, unless told otherwise', () => {
    expect(s3({ S3_ENDPOINT: 'http://localhost:9000' })).toMatchObject({
      endpoint: 'http://localhost:9000',
      pathStyle: true,
    })
    expect(s3({ S3_ENDPOINT: 'https://s3.example.com', S3_PATH_STYLE: 'false' }).pathStyle).toBe(false)
    expect(s3({ S3_PATH_STYLE: 'true' }).pathStyle).toBe(true)
    expect(failure(() => s3({ S3_ENDPOINT: 'localhost:9000' })).message).toContain('expected a URL such as http://')
  })

  it('takes both keys or none', () => {
    const keys = { S3_ACCESS_KEY_ID: 'admin', S3_SECRET_ACCESS_KEY: 'hunter2' }
    expect(s3(keys).credentials).toEqual({ accessKeyId: 'admin', secretAccessKey: 'hunter2' })
    expect(failure(() => s3({ S3_ACCESS_KEY_ID: 'admin' })).message).toBe(
      'S3_SECRET_ACCESS_KEY is "" (default): expected a secret access key, together with S3_ACCESS_KEY_ID',
    )
    const { message, details } = failure(() => s3({ S3_SECRET_ACCESS_KEY: 'hunter2', S3_PATH_STYLE: 'auto' }))
    expect(message).toContain('S3_ACCESS_KEY_ID is ""')
    expect(JSON.stringify([message, details])).not.toContain('hunter2')
  })

  it('keeps its secret out of what is shown', () => {
    const { settings } = loadConfig({
      env: { S3_ACCESS_KEY_ID: 'admin', S3_SECRET_ACCESS_KEY: 'hunter2' },
      cwd,
    })
    expect(JSON.stringify(settings)).not.toContain('hunter2')
    expect(settings.find(({ variable }) => variable === 'S3_SECRET_ACCESS_KEY')?.value).toBe('[redacted]')
  })
})

describe('the schema registry', () => {
  const registry = (env: Readonly<Record<string, string>>) => loadConfig({ env, cwd })

  it('has a URL, and a user with a password or none', () => {
    const env = {
      SCHEMA_REGISTRY_URL: 'http://registry:8081/apis/ccompat/v7',
      SCHEMA_REGISTRY_USERNAME: 'ann',
      SCHEMA_REGISTRY_PASSWORD: 'hunter2',
    }
    const { config, settings } = registry(env)
    expect(config.schemaRegistry).toMatchObject({
      url: env.SCHEMA_REGISTRY_URL,
      credentials: { username: 'ann', password: 'hunter2' },
    })
    expect(JSON.stringify(settings)).not.toContain('hunter2')
    expect(failure(() => registry({ SCHEMA_REGISTRY_USERNAME: 'ann' })).message).toBe(
      'SCHEMA_REGISTRY_PASSWORD is "" (default): expected a password, together with SCHEMA_REGISTRY_USERNAME',
    )
    expect(failure(() => registry({ SCHEMA_REGISTRY_URL: 'registry:8081' })).message).toContain(
      'SCHEMA_REGISTRY_URL is "registry:8081" (environment): expected a URL such as http://localhost:8081',
    )
  })
})

describe('errors', () => {
  it('name every wrong variable, its value, its origin and its form at once', () => {
    const error = failure(() =>
      loadConfig({
        flags: { METRICS_PORT: '70000' },
        env: { LOG_LEVEL: 'loud', CHECKPOINT_INTERVAL: '10', CHECKPOINT_RETAINED: '0' },
        cwd,
      }),
    )
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('LOG_LEVEL is "loud" (environment): expected one of debug, info')
    expect(error.message).toContain('CHECKPOINT_INTERVAL is "10" (environment): expected a duration such as 500ms')
    expect(error.message).toContain('CHECKPOINT_RETAINED is "0" (environment): expected a whole number from 1')
    expect(error.message).toContain('METRICS_PORT is "70000" (--metrics-port): expected a port')
    expect(error.details['problems']).toHaveLength(4)
  })

  it('say what works today where a value is for later', () => {
    const message = (env: Record<string, string>) => failure(() => loadConfig({ env, cwd })).message
    expect(message({ ICEBERG_CATALOG: 'rest' })).toMatch(/ICEBERG_CATALOG is "rest".*one catalog, sqlite/)
    expect(message({ QUERY_ENGINE: 'trino' })).toMatch(/QUERY_ENGINE is "trino".*duckdb/)
  })

  it('keep credentials to themselves', () => {
    const error = failure(() => loadConfig({ env: { KAFKA_BOOTSTRAP_SERVERS: 'sasl://me:hunter2@broker:9092' }, cwd }))
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2')
    expect(error.message).toContain('sasl://[redacted]@broker:9092')
  })
})

describe('Kafka', () => {
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: 'one:9092, two:9092' }

  it('is not there unless brokers are named', () => {
    expect(loadConfig({ env: { KAFKA_CLIENT: 'kafkajs' }, cwd }).config.kafka).toBeUndefined()
    expect(loadConfig({ env: kafka, cwd }).config.kafka).toMatchObject({
      bootstrapServers: ['one:9092', 'two:9092'],
      client: 'kafkajs',
      tls: undefined,
      sasl: undefined,
      outOfRange: 'fail',
      delivery: 'exactly-once',
    })
  })

  it('wants what goes together', () => {
    const names = (env: Record<string, string>) => failure(() => loadConfig({ env: { ...kafka, ...env }, cwd })).message
    expect(names({ KAFKA_SECURITY_PROTOCOL: 'sasl_ssl' })).toContain('KAFKA_SASL_MECHANISM')
    expect(names({ KAFKA_SASL_MECHANISM: 'plain' })).toContain('KAFKA_SASL_MECHANISM')
    expect(
      names({ KAFKA_SECURITY_PROTOCOL: 'sasl_ssl', KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_USERNAME: 'u' }),
    ).toMatch(/KAFKA_OAUTH_TOKEN_URL[\s\S]*KAFKA_SASL_PASSWORD/)
    expect(names({ KAFKA_SSL_KEY: 'key.pem' })).toContain('KAFKA_SSL_KEY')
    expect(names({ KAFKA_SSL_CA: 'ca.pem' })).toContain('KAFKA_SSL_CA')
  })

  it('takes a secret from a file, and shows none', () => {
    const path = join(cwd, 'password')
    writeFileSync(path, 'hunter2\n')
    const env = {
      ...kafka,
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD_FILE: path,
    }
    const { config, settings } = loadConfig({ env, cwd })
    expect(config.kafka?.sasl).toMatchObject({ username: 'me', password: 'hunter2' })
    expect(JSON.stringify(settings)).not.toContain('hunter2')
    const missing = failure(() => loadConfig({ env: { ...env, KAFKA_SASL_PASSWORD_FILE: '/nowhere' }, cwd }))
    expect(missing).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('KAFKA_SASL_PASSWORD_FILE'),
    })
  })
})

describe('unknown variables', () => {
  it('warn with the nearest name, and never with their values', () => {
    const { warnings } = loadConfig({
      env: { SLUICE_DATADIR: 'hunter2', SLUICE_LOG_LEVEL: 'x', SLUICE_XYZZY: 'x', OTHER: 'x' },
      cwd,
    })
    expect(warnings).toEqual([
      'SLUICE_DATADIR is set, but there is no such variable; did you mean SLUICE_DATA_DIR?',
      'SLUICE_LOG_LEVEL is set, but there is no such variable; did you mean LOG_LEVEL?',
      'SLUICE_XYZZY is set, but there is no such variable',
    ])
  })
})
