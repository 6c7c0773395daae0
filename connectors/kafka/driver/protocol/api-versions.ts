/** ApiVersions, version 0: which requests a broker knows, and in which versions. */
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

export interface ApiVersions {
  readonly error: KafkaErrorName
  /** By API key. */
  readonly ranges: ReadonlyMap<number, { readonly min: number; readonly max: number }>
}

export const apiVersionsApi: Api<undefined, ApiVersions> = {
  apiKey: 18,
  apiVersion: 0,
  apiName: 'ApiVersions',
  encode: () => new RequestWriter().view(),
  decode(payload) {
    const reader = new ResponseReader(payload)
    const error = errorName(reader.int16())
    const ranges = reader.array(() => [reader.int16(), { min: reader.int16(), max: reader.int16() }] as const)
    return { error, ranges: new Map(ranges) }
  },
}
