/** Reads what a request says: its query and its JSON body, checked against the route's schemas. */
import type { IncomingMessage } from 'node:http'
import type * as z from 'zod'
import { SluiceError } from '../../../topology/errors.ts'
import type { Route } from './route.ts'

/** No request of ours comes near. */
export const MAX_BODY_BYTES = 64 * 1024

/** @throws {SluiceError} `REQUEST_INVALID` */
export function readQuery(route: Route, parameters: URLSearchParams): Record<string, unknown> {
  return route.query === undefined ? {} : checked(route.query, Object.fromEntries(parameters), 'query')
}

/** Nothing at all counts as `{}`. @throws {SluiceError} `CONTENT_TYPE_REFUSED`, `BODY_TOO_LARGE`, `REQUEST_INVALID` */
export async function readBody(route: Route, request: IncomingMessage): Promise<Record<string, unknown>> {
  if (route.body === undefined) return {}
  const type = request.headers['content-type'] ?? 'of no type'
  // A page of another site can send a form without asking first, JSON it can't.
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new SluiceError('CONTENT_TYPE_REFUSED', `the body is ${type}, not application/json`, {
      fix: 'Send Content-Type: application/json.',
      details: { contentType: type },
    })
  }
  const text = await readText(request)
  return checked(route.body, text === '' ? {} : parseJson(text), 'body')
}

async function readText(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let sizeBytes = 0
  // Not `for await`: leaving it would destroy the socket that the answer goes to.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else reject(tooLarge())
    })
    request.on('end', resolve)
    request.on('error', reject)
  })
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(): SluiceError {
  return new SluiceError('BODY_TOO_LARGE', `the body has more than ${MAX_BODY_BYTES} bytes`, {
    fix: 'Send less: a request names files, it does not hold them.',
    details: { maxBytes: MAX_BODY_BYTES },
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SluiceError('REQUEST_INVALID', `the body is no JSON: ${(cause as Error).message}`, {
      cause,
      fix: 'Send an object as JSON; GET /openapi.json describes it.',
    })
  }
}

function checked(schema: z.ZodObject, value: unknown, part: 'query' | 'body'): Record<string, unknown> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => ({ at: [part, ...path].join('.'), problem: message }))
  throw new SluiceError('REQUEST_INVALID', problems.map(({ at, problem }) => `${at}: ${problem}`).join('; '), {
    fix: 'GET /openapi.json describes the request.',
    details: { problems },
  })
}
