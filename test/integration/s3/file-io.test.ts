/** Files on a real S3-compatible server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { S3FileIO } from '../../../connectors/iceberg/io/s3-file-io.ts'
import { fileIOConformance } from '../../conformance/file-io.ts'
import { type Minio, startMinio } from './minio.ts'

let minio: Minio
let files: S3FileIO

beforeAll(async () => {
  minio = await startMinio('files')
  files = minio.open()
})
afterAll(async () => {
  await files?.close()
  await minio?.[Symbol.asyncDispose]()
})

describe('conformance', () => {
  // One more than a reply of ListObjectsV2 holds.
  it.each(fileIOConformance.map((each, index) => ({ ...each, index })))('$name', async ({ run, index }) => {
    await run({ files, root: `s3://files/case-${index}`, many: 1_001 })
  })
})

it('creates an object for exactly one of many clients, a hundred times', async () => {
  const clients = Array.from({ length: 8 }, () => minio.open())
  for (let round = 0; round < 100; round++) {
    const location = `s3://files/race/${round}`
    const created = await Promise.all(clients.map((client, rival) => client.create(location, Buffer.from(`${rival}`))))
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(Buffer.from(await files.read(location)).toString()).toBe(String(created.indexOf(true)))
  }
  for (const client of clients) await client.close()
})

describe('what is wrong with the settings is told:', () => {
  const failure = async (location: string, settings = {}) => {
    const client = minio.open(settings)
    const rejected = client.create(location, Buffer.from('x'))
    await expect(rejected).rejects.toMatchObject({ fix: expect.any(String) })
    await client.close()
    return rejected.catch(({ code, message }: { code: string; message: string }) => `${code}: ${message}`)
  }

  it('a bucket that is not there', async () => {
    expect(await failure('s3://nowhere/x')).toBe(
      'BUCKET_NOT_FOUND: cannot create s3://nowhere/x: there is no such bucket',
    )
  })

  it('a wrong key, a wrong secret', async () => {
    const wrongKey = { credentials: { accessKeyId: 'nobody', secretAccessKey: 'password' } }
    expect(await failure('s3://files/x', wrongKey)).toMatch(/^FILE_ACCESS_DENIED: .*InvalidAccessKeyId/)
    const wrongSecret = { credentials: { accessKeyId: 'admin', secretAccessKey: 'hunter2' } }
    expect(await failure('s3://files/x', wrongSecret)).toMatch(/^FILE_ACCESS_DENIED: .*SignatureDoesNotMatch/)
  })
})
