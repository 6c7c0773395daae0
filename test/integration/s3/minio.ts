/** An S3-compatible server in a container, and how the connector and the CLI reach it. */
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { GenericContainer, Wait } from 'testcontainers'
import { createS3Client, type S3Settings } from '../../../connectors/iceberg/io/s3-client.ts'
import { S3FileIO } from '../../../connectors/iceberg/io/s3-file-io.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'

const PORT = 9000
const KEYS = { accessKeyId: 'admin', secretAccessKey: 'password' }

export interface Minio extends AsyncDisposable {
  readonly settings: S3Settings
  /** The same, as Sluice's variables. */
  readonly env: Readonly<Record<string, string>>
  /** A client of its own; the caller closes it. */
  open(settings?: S3Settings): S3FileIO
}

/** @param bucket made in it */
export async function startMinio(bucket: string): Promise<Minio> {
  const container = await new GenericContainer('minio/minio:RELEASE.2025-09-07T16-13-09Z')
    .withEnvironment({ MINIO_ROOT_USER: KEYS.accessKeyId, MINIO_ROOT_PASSWORD: KEYS.secretAccessKey })
    .withCommand(['server', '/data'])
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forHttp('/minio/health/ready', PORT))
    .withStartupTimeout(120_000)
    .start()
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(PORT)}`
  const settings: S3Settings = { endpoint, region: 'us-east-1', credentials: KEYS, pathStyle: true }
  const client = createS3Client(settings)
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return {
    settings,
    env: {
      S3_ENDPOINT: endpoint,
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY_ID: KEYS.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    open: (others) => new S3FileIO({ ...settings, ...others, clock: systemClock, random: Math.random }),
    async [Symbol.asyncDispose]() {
      await container.stop()
    },
  }
}
