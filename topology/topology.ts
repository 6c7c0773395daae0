/** A job: its name and the graph its build function described. */

import type { Source, SourceRecord } from './contract/source.ts'
import { createDecode } from './decode.ts'
import type { EndpointSource } from './endpoint.ts'
import { withPlace } from './error-place.ts'
import { isSluiceError, TopologyError } from './errors.ts'
import { GraphBuilder, type Node, type SourceReference } from './graph.ts'
import type { PoisonedRow } from './poisoned-record.ts'
import { type Stream, streamOf, type TopicStream } from './stream.ts'
import type { Topic, TypedTopic } from './topic.ts'

export interface Topology {
  readonly kind: 'topology'
  readonly name: string
  readonly nodes: readonly Node[]
}

export interface TopologyBuilder {
  /** The records of a topic, of files or of a webhook. */
  from<T>(source: Topic<T> | EndpointSource<T>): TopicStream<T>
  /** A source made in the job: tests, benches, connectors without a configuration of their own. */
  fromSource<T>(name: string, create: () => Source): Stream<T>
}

/**
 * Describes a job. `build` runs at once and only describes: nothing is opened, read or written by it.
 *
 * Every process that runs a part of the job calls it again, so it must describe the same graph each time.
 *
 * @throws {TopologyError} when the name is not fit for paths and labels, or `build` throws or describes no sink.
 * @example export default topology('copy', ({ from }) => { from(topic('a', A)).pipe(to(table('lake.a', A))) })
 */
export function topology(name: string, build: (builder: TopologyBuilder) => void): Topology {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw new TopologyError('TOPOLOGY_NAME', `"${name}" can't be the name of a topology`, {
      fix: 'Use lower-case letters, digits, - and _, beginning with a letter: it names checkpoints, metrics and commits.',
    })
  }
  const graph = new GraphBuilder()
  try {
    build({
      from: (declared) => fromDeclared(graph, declared),
      fromSource: (sourceName, create) =>
        streamOf(graph, graph.add(sourceSpec({ kind: 'custom', name: sourceName, create }), [])),
    })
  } catch (error) {
    if (isSluiceError(error)) throw error
    throw new TopologyError('TOPOLOGY_BUILD', `topology "${name}" threw while it was built: ${withPlace(error)}`, {
      cause: error,
      fix: 'The build function only describes the job, so it should not depend on anything that can fail.',
    })
  }
  const nodes = graph.nodes()
  if (!nodes.some((node) => node.behaviour.type === 'sink')) {
    throw new TopologyError('NO_SINK', `topology "${name}" has no sink, so it would do nothing`, {
      fix: 'End a stream in pipe(to(table(…))).',
    })
  }
  return Object.freeze({ kind: 'topology' as const, name, nodes: Object.freeze([...nodes]) })
}

/** Whether a job module's default export is a topology. */
export function isTopology(value: unknown): value is Topology {
  return typeof value === 'object' && value !== null && (value as Topology).kind === 'topology'
}

function fromDeclared<T>(graph: GraphBuilder, declared: Topic<T> | EndpointSource<T>): TopicStream<T> {
  const { name, fields } = declared
  const reference: SourceReference =
    'connector' in declared ? { kind: 'endpoint', name, endpoint: declared } : { kind: 'topic', name, topic: declared }
  const source = graph.add(sourceSpec(reference), [])
  const received = streamOf<Stream<SourceRecord>>(graph, source)
  // Left out of the plan when everything reads `received`, as bronzeLayer does.
  const decode = graph.add(
    {
      kind: 'decode',
      parameters: { [reference.kind]: name, ...('format' in declared && formatOf(declared)) },
      behaviour: { type: 'operator', create: (context) => createDecode(context, declared) },
      emitsTo: { poisoned: { node: source, port: 'poisoned' } },
      columns: { out: 'opaque' },
      fields,
    },
    [received.origin],
  )
  const poisoned = streamOf<Stream<PoisonedRow>>(graph, source, 'poisoned')
  return streamOf(graph, decode, 'out', { received, poisoned, declared })
}

/** What the plan shows of a topic's format: nothing of the usual one. */
function formatOf({ format }: TypedTopic): { readonly format?: string } {
  return format.kind === 'json' ? {} : { format: format.kind }
}

function sourceSpec(source: SourceReference) {
  return {
    uid: `source(${source.name})`,
    kind: 'source',
    parameters: { [source.kind === 'custom' ? 'source' : source.kind]: source.name },
    behaviour: { type: 'source' as const, source },
    sideOutputs: source.kind === 'custom' ? [] : ['poisoned'],
    columns: { out: {} },
    stateful: true,
  }
}
