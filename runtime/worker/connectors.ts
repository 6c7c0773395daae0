/** The connectors a plan names: topics, tables and endpoints by configuration, the rest from the job. */
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { Source } from '../../topology/contract/source.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { Node, SinkReference, SourceReference } from '../../topology/graph.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import { registryTopicsOf, topicsOf } from '../../topology/plan/topics.ts'
import { declaredOptions } from '../../topology/topic.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { TopicSink } from './topic-sink.ts'

/** What configuration maps topics, tables and endpoints to. */
export interface Systems {
  readonly topics: TopicSystem
  readonly tables: TableCatalog
  readonly endpoints: EndpointSystem
  readonly serdes: SerdeSystem
}

export interface Connections extends Systems {
  /** What opens the state backend of each subtask. @default one on the heap */
  readonly openState?: OpenStateBackend | undefined
}

export interface OpenConnectors {
  readonly sources: ReadonlyMap<string, Source>
  readonly sinks: ReadonlyMap<string, Sink>
  readonly serdes: SerdeSystem
  close(): Promise<void>
}

/** Makes topics and tables that are not there yet, before any worker opens them. @throws {SluiceError} `SCHEMA_MISMATCH` */
export async function ensureExternals(
  nodes: readonly Node[],
  { topics, tables, serdes }: Pick<Systems, 'topics' | 'tables' | 'serdes'>,
): Promise<void> {
  const { read, written } = registryTopicsOf(nodes)
  if (read.length + written.length > 0) await serdes.ensure({ read, written })
  for (const { name, options } of topicsOf(nodes)) await topics.ensureTopic(name, declaredOptions(options))
  for (const { behaviour } of nodes)
    if (behaviour.type === 'sink' && behaviour.sink.kind === 'table') await tables.ensureTable(behaviour.sink.table)
}

/** Opens them for one attempt in one process. */
export function openConnectors({ nodes }: Plan, connections: Connections): OpenConnectors {
  const sources = new Map<string, Source>()
  for (const { id, behaviour } of nodes) {
    if (behaviour.type === 'source') sources.set(id, openSource(behaviour.source, connections))
  }
  const sinks = openSinks(nodes, connections)
  return {
    sources,
    sinks,
    serdes: connections.serdes,
    async close() {
      // All of them, and then what went wrong with the first that could not be closed.
      const closed = await Promise.allSettled([...sources.values(), ...sinks.values()].map((each) => each.close()))
      for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason
    },
  }
}

/** By uid. */
export function openSinks(nodes: readonly Node[], connections: Systems): ReadonlyMap<string, Sink> {
  const sinks = new Map<string, Sink>()
  for (const { id, behaviour } of nodes) {
    if (behaviour.type === 'sink') sinks.set(id, openSink(behaviour.sink, connections))
  }
  return sinks
}

function openSource(source: SourceReference, { topics, endpoints }: Systems): Source {
  switch (source.kind) {
    case 'topic':
      return topics.source(source.name, source.topic.options)
    case 'endpoint':
      return endpoints.source(source.endpoint)
    case 'custom':
      return source.create()
  }
}

function openSink(sink: SinkReference, systems: Systems): Sink {
  switch (sink.kind) {
    case 'table':
      return systems.tables.sink(sink.table)
    case 'topic':
      return new TopicSink(sink, systems)
    case 'endpoint':
      return systems.endpoints.sink(sink.endpoint)
    case 'custom':
      return sink.create()
  }
}
