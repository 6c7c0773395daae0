/** What becomes of the answers of a registry, and of none. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openConfluentRegistry } from '../../../../connectors/registry/confluent/confluent-registry.ts'

type Answer = { readonly status: number; readonly body: unknown } | 'none'

/** A registry that answers by path, and what it has been asked. */
async function served(others: Readonly<Record<string, Answer>>) {
  const answers: typeof others = { '/subjects': { status: 200, body: [] }, ...others }
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const answer = answers[request.url!] ?? { status: 404, body: { error_code: 404, message: 'not there' } }
    if (answer === 'none') return
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    response.writeHead(answer.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const registry = openConfluentRegistry({
    url: `${url}/`,
    credentials: { username: 'ann', password: 'hunter2' },
    // A busy machine may take a while to answer; one that never does is not waited for.
    timeoutMs: Object.values(answers).includes('none') ? 100 : 10_000,
  })
  onTestFinished(async () => {
    await registry.close()
    server.closeAllConnections()
    server.close()
  })
  return { registry, asked, url }
}

describe('schemas', () => {
  test('come with those they refer to, in the order of their use', async () => {
    const reference = (name: string) => ({ name, subject: name, version: 1 })
    const { registry, asked } = await served({
      '/schemas/ids/7': { status: 200, body: { schema: 'order', references: [reference('user')] } },
      '/subjects/user/versions/1': { status: 200, body: { schema: 'user', references: [reference('address')] } },
      '/subjects/address/versions/1': { status: 200, body: { schema: 'address' } },
    })
    expect(await registry.schemaById(7)).toEqual({
      type: 'AVRO',
      schema: 'order',
      references: [
        { name: 'address', schema: 'address' },
        { name: 'user', schema: 'user' },
      ],
    })
    expect(asked[0]!.headers.authorization).toBe(`Basic ${Buffer.from('ann:hunter2').toString('base64')}`)
    expect(await registry.schemaById(8)).toBeUndefined()
    expect(await registry.latestSchema('other')).toBeUndefined()
  })

  test('have names of any kind', async () => {
    const { registry, asked } = await served({})
    await registry.latestSchema('a/b c')
    expect(asked[0]!.url).toBe('/subjects/a%2Fb%20c/versions/latest')
  })
})

describe('errors', () => {
  const ask = async (answer: Answer) => {
    const { registry } = await served({ '/schemas/ids/7': answer })
    return registry.schemaById(7).then(
      () => 'an answer',
      (error) => error,
    )
  }

  test.each<[string, Answer]>([
    ['none', 'none'],
    ['a server error', { status: 503, body: 'no healthy upstream' }],
    ['too many requests', { status: 429, body: { message: 'slow down' } }],
    ['an error of its store', { status: 500, body: { error_code: 50001, message: 'Error in the backend' } }],
  ])('that pass: %s', async (_name, answer) => {
    expect(await ask(answer)).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })

  test.each([401, 403])('of who may not: %i', async (status) => {
    const error = await ask({ status, body: { error_code: status, message: 'User cannot access' } })
    expect(error).toMatchObject({ code: 'REGISTRY_DENIED', fix: expect.stringContaining('SCHEMA_REGISTRY_PASSWORD') })
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2')
  })

  test('that are answers, in its own words', async () => {
    const error = await ask({ status: 400, body: { error_code: 40001, message: 'Invalid id' } })
    expect(error).toMatchObject({ code: 'REGISTRY_REFUSED', message: expect.stringMatching(/refuses: Invalid id$/) })
  })

  test.each<[string, Answer]>([
    ['a page', { status: 404, body: '<h1>Not Found</h1>' }],
    ['JSON', { status: 404, body: { error_code: 404, message: 'Could not find resource for full path' } }],
  ])('of a server that is no registry: %s', async (_name, answer) => {
    const { registry } = await served({ '/schemas/ids/7': answer, '/subjects': answer })
    await expect(registry.schemaById(7)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/^there is no schema registry at http/),
      fix: expect.stringContaining('SCHEMA_REGISTRY_URL'),
    })
  })

  test('name the subject that was asked about', async () => {
    const { registry, url } = await served({
      '/subjects/a/versions/latest': { status: 401, body: { message: 'User cannot access' } },
      '/subjects/b/versions': { status: 422, body: { error_code: 42201, message: 'Input schema is invalid' } },
    })
    await expect(registry.latestSchema('a')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: `the schema registry at ${url}, asked about subject 'a', lets nobody in: User cannot access`,
      details: { subject: 'a' },
    })
    await expect(registry.register('b', { type: 'AVRO', schema: '{}' })).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/, asked about subject 'b', refuses: Input schema is invalid$/),
      details: { subject: 'b' },
    })
    const silent = await served({ '/config/c': 'none' })
    await expect(silent.registry.setCompatibility('c', 'FULL')).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining("asked about subject 'c', does not answer"),
      details: { subject: 'c' },
    })
  })

  test('of a schema that the subject does not take', async () => {
    const { registry } = await served({
      '/subjects/orders-value/versions': { status: 409, body: { error_code: 409, message: 'incompatible: id' } },
    })
    await expect(registry.register('orders-value', { type: 'AVRO', schema: '{}' })).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: "subject 'orders-value' does not take this schema: incompatible: id",
    })
  })

  test('of a request under way when it is closed', async () => {
    const { registry } = await served({ '/schemas/ids/7': 'none' })
    const asked = registry.schemaById(7)
    await registry.close()
    await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })
})
