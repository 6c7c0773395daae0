/** What an error of the S3 client means: whether to try again, and what to tell. */
import { SluiceError } from '../../../topology/errors.ts'

/** A reply whose head came and whose body did not, or not as it was sent. */
export class BrokenReply extends Error {
  override readonly name = 'BrokenReply'
  constructor(cause: unknown) {
    super(`the reply broke off: ${reasonOf(cause)}`, { cause })
  }
}

interface S3Failure {
  readonly name: string
  readonly message: string
  /** Of the system, when no reply came. */
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
}

/** The status of the store's reply; undefined when none came. */
export function statusOf(error: unknown): number | undefined {
  return (error as S3Failure).$metadata?.httpStatusCode
}

/** Request timeout; a conflict with a write under way; too early; too many requests. */
const REFUSED_FOR_NOW = new Set([408, 409, 425, 429])

/**
 * Whether the same request may succeed later: refused for now, or its outcome unknown, as after a lost reply, a timeout
 * and a 5xx.
 */
export function isTransient(error: unknown): boolean {
  const { name, code, $metadata: reply } = error as S3Failure
  if (name === 'BrokenReply' || name === 'TimeoutError' || name === 'RequestTimeout') return true
  const status = reply?.httpStatusCode
  // Errors of the system have a code. One that has none never left this process: no region, no credentials.
  if (status === undefined) return typeof code === 'string'
  // The SDK has learnt the store's time from this very reply.
  if (reply?.clockSkewCorrected === true) return true
  return REFUSED_FOR_NOW.has(status) || (status >= 500 && status !== 501)
}

interface Explanation {
  readonly code: string
  /** In place of the store's own words. */
  readonly reason?: string
  readonly fix: string
}

const NOT_FOUND: Explanation = {
  code: 'FILE_NOT_FOUND',
  reason: 'there is no such file',
  fix: 'Check the location; it may have been deleted.',
}

const DENIED: Explanation = {
  code: 'FILE_ACCESS_DENIED',
  fix: 'Check the credentials (S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or what the AWS SDK finds) and the policy: it must allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket.',
}

const OTHER_REGION: Explanation = {
  code: 'FILE_IO',
  fix: "Set S3_REGION to the bucket's region, and S3_ENDPOINT to its address if the store is not Amazon's.",
}

const BY_NAME: Readonly<Record<string, Explanation>> = {
  NoSuchKey: NOT_FOUND,
  NotFound: NOT_FOUND,
  NoSuchBucket: {
    code: 'BUCKET_NOT_FOUND',
    reason: 'there is no such bucket',
    fix: 'Create the bucket, or name another one.',
  },
  CredentialsProviderError: DENIED,
  PermanentRedirect: OTHER_REGION,
  AuthorizationHeaderMalformed: OTHER_REGION,
}

const UNAVAILABLE: Explanation = {
  code: 'STORE_UNAVAILABLE',
  fix: 'Check that the store runs and is reached at S3_ENDPOINT; then start again, nothing is lost.',
}

const OTHER: Explanation = {
  code: 'FILE_IO',
  fix: 'Look at the reason, and check the S3_ settings; `runtime config` shows them.',
}

/** @param verb what could not be done, to go after "cannot" */
export function s3Error(verb: string, location: string, cause: unknown): SluiceError {
  const { code, reason, fix } = explanationOf(cause)
  return new SluiceError(code, `cannot ${verb} ${location}: ${reason ?? reasonOf(cause)}`, {
    cause,
    fix,
    details: { location },
  })
}

function explanationOf(error: unknown): Explanation {
  const known = BY_NAME[(error as S3Failure).name]
  if (known !== undefined) return known
  const status = statusOf(error)
  if (status === 401 || status === 403) return DENIED
  return isTransient(error) ? UNAVAILABLE : OTHER
}

/** `SlowDown: Please reduce your request rate (503)`; a refused connection has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const status = statusOf(error)
  const said = error.message === '' ? String((error as { readonly code?: unknown }).code) : error.message
  return status === undefined ? said : `${error.name}: ${said} (${status})`
}
