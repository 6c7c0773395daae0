/** The HTTP status of an error, by its code. */
import { isSluiceError } from '../../../topology/errors.ts'

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHORIZED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  JOB_PATH_REFUSED: 403,
  ROUTE_UNKNOWN: 404,
  JOB_UNKNOWN: 404,
  VERTEX_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  JOB_NOT_RUNNING: 409,
  JOB_RUNNING: 409,
  DATA_IN_USE: 409,
  SESSION_CLOSING: 409,
  SUBMIT_REFUSED: 409,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_REFUSED: 415,
  REQUEST_INVALID: 422,
  SETTING_REFUSED: 422,
  CONFIG_INVALID: 422,
  PARALLELISM: 422,
  JOB_NOT_FOUND: 422,
  JOB_INVALID: 422,
  JOB_NO_TOPOLOGY: 422,
  COORDINATOR_UNREACHABLE: 502,
}

/** What nobody has a better word for is 500. */
export function statusOf(error: unknown): number {
  return (isSluiceError(error) ? STATUS[error.code] : undefined) ?? 500
}
