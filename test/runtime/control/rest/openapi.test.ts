import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../../runtime/control/rest/openapi.ts'
import type { Route } from '../../../../runtime/control/rest/route.ts'
import { ROUTES } from '../../../../runtime/control/rest/routes.ts'

const document = openApiDocument(ROUTES, { version: '1.2.3', authorized: true }) as any
const routes = Object.entries<Route>(ROUTES)
const operationOf = (name: string, { path, method }: Route) => {
  const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()]
  expect(operation.operationId).toBe(name)
  return operation
}

/** Every object within, with the keys that lead to it. */
function* objectsIn(value: unknown, path: readonly string[] = []): Generator<[readonly string[], any]> {
  if (typeof value !== 'object' || value === null) return
  yield [path, value]
  for (const [key, child] of Object.entries(value)) yield* objectsIn(child, [...path, key])
}

describe('the OpenAPI document', () => {
  it('is one of OpenAPI 3.1, of this version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Sluice', version: '1.2.3' } })
    expect(Object.keys(document).sort()).toEqual(['components', 'info', 'openapi', 'paths', 'security'])
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  it('has every route once', () => {
    const operations = Object.values<object>(document.paths).flatMap((path) => Object.values(path))
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort())
    for (const [name, route] of routes) expect(operationOf(name, route).summary).toBe(route.summary)
  })

  it('has a parameter for each part of a path', () => {
    for (const [path, operations] of Object.entries<Record<string, any>>(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters = [] } of Object.values(operations)) {
        const inPath = parameters.filter((parameter: any) => parameter.in === 'path')
        expect(inPath.map((parameter: any) => [parameter.name, parameter.required])).toEqual(
          named.map((name) => [name, true]),
        )
        expect(new Set(parameters.map(({ name }: any) => name)).size).toBe(parameters.length)
        for (const { schema } of parameters) expect(schema).toBeTypeOf('object')
      }
    }
  })

  it('tells query, body and answers', () => {
    expect(operationOf('logs', ROUTES.logs as Route).parameters).toContainEqual({
      name: 'follow',
      in: 'query',
      required: false,
      schema: { type: 'string', enum: ['true', 'false'] },
    })
    expect(operationOf('cancel', ROUTES.cancel as Route)).toMatchObject({
      parameters: [{ name: 'id' }, { name: 'mode', required: true, schema: { const: 'cancel' } }],
      responses: { 204: { description: 'No Content' } },
    })
    const savepoint = operationOf('savepoint', ROUTES.savepoint as Route)
    expect(savepoint.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/TriggerOptions',
    })
    const detail = { 'application/json': { schema: { $ref: '#/components/schemas/CheckpointDetail' } } }
    expect(savepoint.responses).toMatchObject({ 200: { content: detail }, 202: { content: detail } })
    expect(operationOf('events', ROUTES.events as Route).responses[200].content).toEqual({
      'text/event-stream': { schema: { $ref: '#/components/schemas/JobEvent' } },
    })
    for (const [name, route] of routes) {
      expect(operationOf(name, route).responses.default.content['application/json'].schema).toEqual({
        $ref: '#/components/schemas/Error',
      })
    }
  })

  it('refers only to what it holds, and holds nothing it does not need', () => {
    const references = [...objectsIn(document)].flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []))
    expect(references.length).toBeGreaterThan(50)
    const names = Object.keys(document.components.schemas)
    expect([...new Set(references)].sort()).toEqual(names.map((name) => `#/components/schemas/${name}`).sort())
  })

  it('has plain JSON Schema only', () => {
    for (const [path, { $schema, $id, $defs }] of objectsIn(document)) {
      expect([path, $schema, $id, $defs]).toEqual([path, undefined, undefined, undefined])
    }
    const { SubmitRequest, JobDetail, CheckpointSummary } = document.components.schemas
    expect(SubmitRequest).toMatchObject({ additionalProperties: false, required: ['file'] })
    expect(JobDetail.additionalProperties).toBeUndefined()
    expect(JobDetail.properties.vertices).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/VertexDetail' },
    })
    expect(CheckpointSummary.properties.id).toMatchObject({ type: 'string', pattern: '^\\d+$' })
  })

  it('asks for the token when requests need it', () => {
    expect(document.security).toEqual([{ bearer: [] }])
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
    const open = openApiDocument(ROUTES, { version: '1', authorized: false }) as any
    expect([open.security, open.components.securitySchemes]).toEqual([undefined, undefined])
  })
})
