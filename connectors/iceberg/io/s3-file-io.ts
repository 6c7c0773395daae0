/** Files on an S3-compatible store under `s3://bucket/key` URIs. */
import { randomUUID } from 'node:crypto'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Clock, Random } from '../../../topology/contract/clock.ts'
import type { FileIO, FileStatus } from '../../../topology/contract/file-io.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { createS3Client, type S3Settings } from './s3-client.ts'
import { BrokenReply, isTransient, s3Error, statusOf } from './s3-error.ts'

export interface S3FileIOOptions extends S3Settings {
  readonly clock: Clock
  readonly random: Random
  /** How often a request is tried again that was refused for now, or whose outcome is unknown. @default 6 */
  readonly retries?: number
  /** Upper bound of the first wait; it doubles with each, up to `maxBackoffMs`, and is random below. @default 100 */
  readonly backoffMs?: number
  /** @default 5000 */
  readonly maxBackoffMs?: number
}

/** The metadata by which a `create` knows the object that it made itself: another's may hold the same bytes. */
const CREATED_BY = 'sluice-created-by'

/**
 * Objects of an S3-compatible store. `create` is a conditional PUT (`If-None-Match: *`), which a store decides in one
 * place: of all who create an object, one gets true.
 *
 * A lost reply, a timeout and a 5xx leave the outcome open. They are tried again, here and not inside the SDK, because
 * only who knows of the first try can read the second's answer: 412 is then perhaps our own work, and the object tells.
 *
 * Errors of the store become SluiceErrors: `FILE_NOT_FOUND`, `BUCKET_NOT_FOUND`, `FILE_ACCESS_DENIED`,
 * `STORE_UNAVAILABLE` when the retries are used up, `CONDITIONAL_PUT_UNSUPPORTED`, else `FILE_IO`.
 */
export class S3FileIO implements FileIO {
  private readonly client: S3Client
  private readonly options: S3FileIOOptions
  private knownExclusive = false

  constructor(options: S3FileIOOptions) {
    this.options = options
    this.client = createS3Client(options)
  }

  async read(location: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array> {
    const object = objectOf(location)
    if (range === undefined) return this.tryAgain('read', location, () => this.get(object))
    // HTTP has no name for a range of no bytes, so it is cut from one of one byte.
    const last = Math.max(range.start, range.end - 1)
    const bytes = await this.tryAgain('read', location, () => this.get(object, `bytes=${range.start}-${last}`))
    return bytes.subarray(0, Math.max(0, range.end - range.start))
  }

  async write(location: string, bytes: Uint8Array): Promise<void> {
    const put = new PutObjectCommand({ ...objectOf(location), Body: bytes })
    await this.tryAgain('write', location, () => this.client.send(put))
  }

  async create(location: string, bytes: Uint8Array): Promise<boolean> {
    const created = await this.putNew(location, bytes)
    if (created && !this.knownExclusive) {
      // Some stores ignore If-None-Match, and then two attempts of a job would both have won: asked once, not believed.
      if (await this.putNew(location, bytes)) throw conditionalPutUnsupported(location)
      this.knownExclusive = true
    }
    return created
  }

  async *list(prefix: string): AsyncIterable<FileStatus> {
    const { Bucket, Key } = objectOf(prefix)
    let token: string | undefined
    do {
      const request = new ListObjectsV2Command({ Bucket, Prefix: Key, ContinuationToken: token })
      const page = await this.tryAgain('list', prefix, () => this.client.send(request))
      for (const { Key: key, Size: sizeBytes = 0, LastModified: modified } of page.Contents ?? []) {
        yield { location: `${SCHEME}${Bucket}/${key}`, sizeBytes, modifiedMs: modified?.getTime() ?? 0 }
      }
      token = page.NextContinuationToken
    } while (token !== undefined)
  }

  async delete(location: string): Promise<void> {
    const request = new DeleteObjectCommand(objectOf(location))
    await this.tryAgain('delete', location, () => this.client.send(request))
  }

  async close(): Promise<void> {
    this.client.destroy()
  }

  private async get(object: S3Object, range?: string): Promise<Uint8Array> {
    try {
      const { Body: body } = await this.client.send(new GetObjectCommand({ ...object, Range: range }))
      return await body!.transformToByteArray().catch((cause: unknown) => {
        throw new BrokenReply(cause)
      })
    } catch (error) {
      // The range begins behind the last byte.
      if (statusOf(error) === 416) return new Uint8Array()
      throw error
    }
  }

  private async putNew(location: string, bytes: Uint8Array): Promise<boolean> {
    const object = objectOf(location)
    const creator = randomUUID()
    const put = new PutObjectCommand({ ...object, Body: bytes, IfNoneMatch: '*', Metadata: { [CREATED_BY]: creator } })
    return this.tryAgain('create', location, async (tried) => {
      try {
        await this.client.send(put)
        return true
      } catch (error) {
        if (statusOf(error) !== 412) throw error
        if (tried === 0) return false
        const { Metadata: metadata } = await this.client.send(new HeadObjectCommand(object))
        return metadata?.[CREATED_BY] === creator
      }
    })
  }

  /** Runs `attempt` until it succeeds, its error is no transient one, or the retries are used up. */
  private async tryAgain<R>(verb: string, location: string, attempt: (tried: number) => Promise<R>): Promise<R> {
    const { clock, random, retries = 6, backoffMs = 100, maxBackoffMs = 5_000 } = this.options
    for (let tried = 0; ; tried++) {
      try {
        return await attempt(tried)
      } catch (error) {
        if (tried >= retries || !isTransient(error)) throw s3Error(verb, location, error)
        const delayMs = random() * Math.min(maxBackoffMs, backoffMs * 2 ** tried)
        await new Promise<void>((resume) => clock.schedule(delayMs, resume))
      }
    }
  }
}

interface S3Object {
  readonly Bucket: string
  readonly Key: string
}

const SCHEME = 's3://'

/** Taken literally, without decoding `%`, as other engines do: a partition's key may hold a `%3A` of its own. */
function objectOf(location: string): S3Object {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(location)
  if (match !== null) return { Bucket: match[1]!, Key: match[2]! }
  throw new SluiceError('LOCATION_INVALID', `'${location}' is not an s3:// location`, {
    fix: 'Give a full URI such as s3://bucket/path/to/file.',
    details: { location },
  })
}

function conditionalPutUnsupported(location: string): SluiceError {
  return new SluiceError(
    'CONDITIONAL_PUT_UNSUPPORTED',
    `the store of ${location} ignores If-None-Match: it let the same object be created twice`,
    {
      fix: 'Use a store that honours conditional PUT (Amazon S3, MinIO, Cloudflare R2, Ceph …), or a newer version of this one.',
      details: { location },
    },
  )
}
