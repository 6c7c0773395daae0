/** The REST interface as an OpenAPI 3.1 document, made from the routes and their schemas. */
import { STATUS_CODES } from 'node:http'
import * as z from 'zod'
import { components, ErrorAnswer } from '../schemas.ts'
import type { Answer, Route } from './route.ts'

type JsonObject = Record<string, unknown>

export interface OpenApiOptions {
  /** Of Sluice. */
  readonly version: string
  /** Whether requests need the token. */
  readonly authorized: boolean
}

/** @param routes by their operation ids */
export function openApiDocument(
  routes: Readonly<Record<string, Route<any, any, any, any>>>,
  { version, authorized }: OpenApiOptions,
): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const [operationId, route] of Object.entries(routes)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(operationId, route) }
  }
  const bearer = {
    bearer: { type: 'http', scheme: 'bearer', description: 'What is in run/token under SLUICE_DATA_DIR.' },
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice', version, summary: 'Jobs of a coordinator: what they do, and how to steer them.' },
    paths,
    components: { schemas: namedSchemas(), ...(authorized ? { securitySchemes: bearer } : {}) },
    ...(authorized ? { security: [{ bearer: [] }] } : {}),
  }
}

function operationOf(operationId: string, { path, summary, query, body, answer }: Route): JsonObject {
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(query === undefined ? [] : queryParameters(query)),
    ...(answer.kind === 'events' ? [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } }] : []),
  ]
  return {
    operationId,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: { ...responsesOf(answer), default: { description: 'Refused or failed.', content: jsonOf(ErrorAnswer) } },
  }
}

function queryParameters(query: z.ZodObject): JsonObject[] {
  const { properties = {}, required = [] } = inlineSchema(query) as { properties?: JsonObject; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function responsesOf(answer: Answer): JsonObject {
  const response = (status: number, content?: JsonObject) => ({
    [status]: { description: STATUS_CODES[status], ...(content === undefined ? {} : { content }) },
  })
  switch (answer.kind) {
    case 'json':
      return {
        ...response(200, jsonOf(answer.schema)),
        ...(answer.accepted === undefined ? {} : response(202, jsonOf(answer.schema))),
      }
    case 'empty':
      return response(204)
    case 'text':
      return response(200, { [answer.contentType.split(';')[0]!]: { schema: { type: 'string' } } })
    case 'lines':
      return response(200, { 'text/plain': { schema: { type: 'string' } } })
    case 'events':
      return response(200, { 'text/event-stream': { schema: schemaOf(answer.schema) } })
  }
}

function jsonOf(schema: z.ZodType): JsonObject {
  return { 'application/json': { schema: schemaOf(schema) } }
}

/** A reference where the schema has a name. */
function schemaOf(schema: z.ZodType): JsonObject {
  const name = components.get(schema)?.id
  return name === undefined ? inlineSchema(schema) : { $ref: referenceTo(name) }
}

function inlineSchema(schema: z.ZodType): JsonObject {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' }) as JsonObject
  return json
}

function namedSchemas(): JsonObject {
  const { schemas } = z.toJSONSchema(components, { io: 'input', uri: referenceTo })
  return Object.fromEntries(
    Object.entries(schemas as Record<string, JsonObject>).map(([name, { $schema: _, $id: __, ...json }]) => [
      name,
      json,
    ]),
  )
}

function referenceTo(name: string): string {
  return `#/components/schemas/${name}`
}
