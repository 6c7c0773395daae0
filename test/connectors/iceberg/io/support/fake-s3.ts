/** A server that speaks as much of S3 as file I/O needs, and misbehaves when told. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Settings } from '../../../../../connectors/iceberg/io/s3-client.ts'

/** What goes wrong with a request. */
export interface Fault {
  /** Whether the store does what it was asked, before or in spite of it. */
  readonly applied: boolean
  /** A status with its S3 code; or the connection is cut or silent, from the start or half-way through the reply's body. */
  readonly reply: `${number} ${string}` | 'cut' | 'cut half-way' | 'silent' | 'silent half-way'
}

export interface FakeS3 extends AsyncDisposable {
  readonly settings: S3Settings
  /** By bucket and key. */
  readonly objects: Map<string, FakeObject>
  /** `GET bucket/key` of every request so far. */
  readonly requests: readonly string[]
  /** What goes wrong with the next request; nothing by default. */
  fault: (request: string) => Fault | undefined
  /** Whether `If-None-Match` is heeded. */
  conditional: boolean
}

export interface FakeObject {
  readonly bytes: Buffer
  readonly metadata: Readonly<Record<string, string>>
}

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

const OBJECTS_PER_PAGE = 7

/** @param bucket the one that is there */
export async function startFakeS3(bucket: string): Promise<FakeS3> {
  const objects = new Map<string, FakeObject>()
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    const { name, query } = addressOf(request)
    const described = `${request.method} ${name}`
    requests.push(described)
    const fault = fake.fault(described)
    const reply = fault?.applied === false ? undefined : answer(request, name, query, body)
    send(response, reply, fault?.reply, request.method === 'HEAD')
  })

  function answer(request: IncomingMessage, name: string, query: URLSearchParams, body: Buffer): Reply {
    if (!name.startsWith(`${bucket}/`)) return failure(404, 'NoSuchBucket')
    const stored = objects.get(name)
    switch (request.method) {
      case 'PUT': {
        if (fake.conditional && request.headers['if-none-match'] === '*' && stored !== undefined) {
          return failure(412, 'PreconditionFailed')
        }
        objects.set(name, { bytes: body, metadata: metadataOf(request) })
        return { status: 200, headers: { etag: '"etag"' } }
      }
      case 'DELETE':
        objects.delete(name)
        return { status: 204 }
      case 'GET':
      case 'HEAD':
        if (query.has('list-type')) return page(objects, bucket, query)
        return stored === undefined ? failure(404, 'NoSuchKey') : content(stored, request.headers.range)
      default:
        return failure(405, 'MethodNotAllowed')
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeS3 = {
    settings: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      // Frozen, as configuration is.
      credentials: Object.freeze({ accessKeyId: 'id', secretAccessKey: 'secret' }),
      pathStyle: true,
    },
    objects,
    requests,
    fault: () => undefined,
    conditional: true,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
  return fake
}

function addressOf(request: IncomingMessage): { readonly name: string; readonly query: URLSearchParams } {
  const [path, query] = request.url!.split('?')
  return { name: decodeURIComponent(path!.slice(1)), query: new URLSearchParams(query) }
}

function metadataOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-')) as [string, string][],
  )
}

function content({ bytes, metadata }: FakeObject, range: string | undefined): Reply {
  const headers = { ...metadata, 'content-type': 'application/octet-stream' }
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '')
  if (match === null) return { status: 200, headers, body: bytes }
  const [first, last] = [Number(match[1]), Math.min(Number(match[2]), bytes.length - 1)]
  if (first > last) return failure(416, 'InvalidRange')
  const body = bytes.subarray(first, last + 1)
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` }, body }
}

function page(objects: ReadonlyMap<string, FakeObject>, bucket: string, query: URLSearchParams): Reply {
  const after = query.get('continuation-token') ?? ''
  const keys = [...objects.keys()]
    .map((name) => name.slice(bucket.length + 1))
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .sort()
  const shown = keys.slice(0, OBJECTS_PER_PAGE)
  const next = keys.length > shown.length ? `<NextContinuationToken>${xml(shown.at(-1)!)}</NextContinuationToken>` : ''
  const entries = shown.map((key) => {
    const size = objects.get(`${bucket}/${key}`)!.bytes.length
    return `<Contents><Key>${xml(key)}</Key><Size>${size}</Size><LastModified>2026-11-23T00:00:00Z</LastModified></Contents>`
  })
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`,
  }
}

function failure(status: number, code: string): Reply {
  const body = `<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

function send(response: ServerResponse, reply: Reply | undefined, fault: Fault['reply'] | undefined, head: boolean) {
  if (fault === 'silent') return
  if (fault === 'cut') {
    response.destroy()
    return
  }
  const [status, code] = /^\d/.test(fault ?? '') ? fault!.split(' ') : []
  const { status: sent, headers, body = '' } = code === undefined ? reply! : failure(Number(status), code)
  response.writeHead(sent, { ...headers, 'content-length': Buffer.byteLength(body) })
  const half = Buffer.from(body).subarray(0, body.length / 2)
  if (fault === 'cut half-way') response.write(half, () => response.destroy())
  else if (fault === 'silent half-way') response.write(half)
  else response.end(head ? '' : body)
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
