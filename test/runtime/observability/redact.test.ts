import { describe, expect, it } from 'vitest'
import { toLogFields } from '../../../runtime/observability/log-fields.ts'
import { isSecretName, redactText } from '../../../runtime/observability/redact.ts'
import { SluiceError } from '../../../topology/errors.ts'

describe('isSecretName', () => {
  it.each([
    'password',
    'KAFKA_SASL_PASSWORD',
    'clientSecret',
    'apiKey',
    'Authorization',
    'accessToken',
    's3.secret-access-key',
  ])('knows %s', (name) => expect(isSecretName(name)).toBe(true))

  it.each(['key', 'user_id', 'tokens_total', 'partition', 'passed'])('leaves %s alone', (name) =>
    expect(isSecretName(name)).toBe(false),
  )
})

describe('redactText', () => {
  it.each([
    ['postgres://me:hunter2@db:5432/x', 'postgres://[redacted]@db:5432/x'],
    ['password=hunter2&user=me', 'password=[redacted]&user=me'],
    ['{"token":"hunter2","a":1}', '{"token":[redacted],"a":1}'],
    ['Authorization: Bearer hunter2', 'Authorization: [redacted]'],
    ['file:///data/x.parquet at 12:30', 'file:///data/x.parquet at 12:30'],
    ['mail me@example.org', 'mail me@example.org'],
  ])('%s', (text, redacted) => expect(redactText(text)).toBe(redacted))
})

describe('toLogFields', () => {
  it('redacts at every depth, keeps 64-bit numbers exact and shows bytes by length', () => {
    expect(
      toLogFields({
        checkpoint: 9_223_372_036_854_775_807n,
        connection: { user: 'me', password: 'hunter2', hosts: ['http://a:b@c'] },
        payload: new Uint8Array(3),
        watermark: Number.NEGATIVE_INFINITY,
        absent: undefined,
      }),
    ).toEqual({
      checkpoint: '9223372036854775807',
      connection: { user: 'me', password: '[redacted]', hosts: ['http://[redacted]@c'] },
      payload: '3 bytes',
      watermark: '-Infinity',
    })
  })

  it('spells out errors with code, fix, details and cause', () => {
    const error = new SluiceError('FENCED', 'a newer epoch has been here', {
      fix: 'Stop the other run.',
      details: { epoch: 3n },
      cause: new Error('token=hunter2'),
    })
    const fields = toLogFields({ error }) as { error: Record<string, unknown> }
    expect(fields.error).toMatchObject({
      name: 'SluiceError',
      code: 'FENCED',
      fix: 'Stop the other run.',
      details: { epoch: '3' },
      cause: { message: 'token=[redacted]' },
    })
  })

  it('cuts off what is too deep, cycles included', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(JSON.stringify(toLogFields(cycle))).toContain('…')
  })
})
