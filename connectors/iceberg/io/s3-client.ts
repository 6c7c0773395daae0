/** How an S3-compatible store is reached: address, credentials, timeouts. */
import { S3Client } from '@aws-sdk/client-s3'

export interface S3Settings {
  /** URL of the store. @default Amazon S3 in `region` */
  readonly endpoint?: string | undefined
  /** @default that of the environment or profile, as the AWS SDK finds it */
  readonly region?: string | undefined
  /** @default those that the AWS SDK finds: environment, profile, container or instance role */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** Whether the bucket goes into the path of a URL, and not into its host name. @default false */
  readonly pathStyle?: boolean
  /** How long a connection may take, and how long an open one may be silent. @default 30000 */
  readonly timeoutMs?: number
}

/** A client that sends every request once: who calls it tries again. */
export function createS3Client(settings: S3Settings): S3Client {
  const { endpoint, region, credentials, pathStyle = false, timeoutMs = 30_000 } = settings
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    // A copy, since the SDK writes into it.
    ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
    forcePathStyle: pathStyle,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, socketTimeout: timeoutMs },
  })
}
