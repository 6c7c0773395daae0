/** What opens endpoints: the connector of each, with what configuration says. */
import type { EndpointReference } from '../endpoint.ts'
import type { Sink } from './sink.ts'
import type { Source } from './source.ts'

export interface EndpointSystem {
  /** @throws {SluiceError} `ENDPOINT_INVALID` when it can't be read, or its settings make no sense here. */
  source(endpoint: EndpointReference): Source
  /** @throws {SluiceError} `ENDPOINT_INVALID` when it can't be written, or its settings make no sense here. */
  sink(endpoint: EndpointReference): Sink
}
