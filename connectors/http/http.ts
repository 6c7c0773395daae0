/** HTTP as source and sink: what `webhook()` and `http()` name is opened here. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { Fetch } from './deliver.ts'
import { PostSink } from './post-sink.ts'
import { postSettings, webhookSettings } from './settings.ts'
import { WebhookSource } from './webhook-source.ts'

export interface HttpEndpointsOptions {
  /** What keeps the records of webhooks. */
  readonly topics: TopicSystem
  /** What keeps batches until they have been sent. */
  readonly files: FileIO
  /** URI of the directory that they are kept in, without a slash at its end. */
  readonly outbox: string
  /** Where secrets are looked up by the names that endpoints give. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  /** @default the global one */
  readonly fetch?: Fetch
  /** Called at places where a crash would split a step in two. */
  readonly faultPoint?: (name: string) => void
}

/** Webhooks as sources, and addresses that are posted to as sinks. */
export function openHttpEndpoints(options: HttpEndpointsOptions): EndpointSystem {
  const { topics, env, fetch = globalThis.fetch, faultPoint = () => {} } = options
  return {
    source: (endpoint) => new WebhookSource(webhookSettings(endpoint, env), topics),
    sink: (endpoint) =>
      new PostSink({ ...options, settings: postSettings(endpoint, env), schema: endpoint.schema, fetch, faultPoint }),
  }
}
