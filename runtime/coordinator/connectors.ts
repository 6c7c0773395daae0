/** The connectors a plan names, opened once per attempt: topics and tables by configuration, the rest from the job. */
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { Source } from '../../topology/contract/source.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { Plan } from '../../topology/plan/plan.ts'

/** What configuration maps topics and tables to. */
export interface Connections {
  readonly topics: TopicSystem
  readonly tables: TableCatalog
}

export interface OpenConnectors {
  readonly sources: ReadonlyMap<string, Source>
  readonly sinks: ReadonlyMap<string, Sink>
  close(): Promise<void>
}

/** Makes topics and tables that are not there yet. @throws {SluiceError} `SCHEMA_MISMATCH` */
export async function openConnectors(plan: Plan, { topics, tables }: Connections): Promise<OpenConnectors> {
  const sources = new Map<string, Source>()
  const sinks = new Map<string, Sink>()
  for (const { id, behaviour } of plan.nodes) {
    if (behaviour.type === 'source') {
      const { source } = behaviour
      if (source.kind === 'topic') await topics.ensureTopic(source.name)
      sources.set(id, source.kind === 'topic' ? topics.source(source.name) : source.create())
    } else if (behaviour.type === 'sink') {
      const { sink } = behaviour
      if (sink.kind === 'table') await tables.ensureTable(sink.table)
      sinks.set(id, sink.kind === 'table' ? tables.sink(sink.table) : sink.create())
    }
  }
  return {
    sources,
    sinks,
    async close() {
      for (const connector of [...sources.values(), ...sinks.values()]) await connector.close()
    },
  }
}
