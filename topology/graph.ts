/** The description of a dataflow: frozen nodes linked by their inputs. Nothing runs while it is built. */
import type { OperatorFactory } from './contract/operator.ts'
import type { Sink } from './contract/sink.ts'
import type { Source } from './contract/source.ts'
import type { RecordParts } from './encode-record.ts'
import type { EndpointReference } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import type { Json } from './json.ts'
import type { Field } from './schema/types.ts'
import type { TableReference } from './table.ts'
import type { Topic } from './topic.ts'

/** What a node does. Functions in here never leave the process; every worker builds them anew from the job module. */
export type Behaviour =
  | { readonly type: 'source'; readonly source: SourceReference }
  | { readonly type: 'sink'; readonly sink: SinkReference }
  /** A function of one row, fused with its neighbours into one loop. */
  | { readonly type: 'row'; readonly step: 'map' | 'filter' | 'flatMap'; readonly fn: (row: any) => any }
  /** Gives each row its key; what leaves it travels by key group. */
  | { readonly type: 'key'; readonly fields: readonly string[] }
  | { readonly type: 'key'; readonly fn: (row: any) => unknown }
  | { readonly type: 'operator'; readonly create: OperatorFactory }
  | { readonly type: 'union' }
  /** What leaves it is dealt out to the subtasks of what reads it in another way than they would meet by themselves. */
  | { readonly type: 'exchange'; readonly partitioning: 'rebalance' | 'broadcast' | 'single' }

/** Where records come from: a topic that configuration maps to a system, an endpoint, or a source made in the job. */
export type SourceReference =
  | { readonly kind: 'topic'; readonly name: string; readonly topic: Topic<any> }
  | { readonly kind: 'endpoint'; readonly name: string; readonly endpoint: EndpointReference }
  | { readonly kind: 'custom'; readonly name: string; readonly create: () => Source }

/** Where records go: a table or topic that configuration maps to a system, an endpoint, or a sink made in the job. */
export type SinkReference =
  | { readonly kind: 'table'; readonly name: string; readonly table: TableReference }
  | { readonly kind: 'topic'; readonly name: string; readonly topic: Topic<any>; readonly parts: RecordParts }
  | { readonly kind: 'endpoint'; readonly name: string; readonly endpoint: EndpointReference }
  | { readonly kind: 'custom'; readonly name: string; readonly create: () => Sink }

/** How the columns of one output derive from the input's: what lineage can see. */
export type ColumnFlow =
  /** Every column is the input's of the same name. */
  | 'same'
  /** A user's function: any column may derive from any. */
  | 'opaque'
  /** Output column → the input columns it derives from; with a '*', every other column is the input's of the same name. */
  | { readonly [column: string]: readonly string[] }

/** What event time means to a node, for validation. */
export type TimeRole = 'assigns' | 'needs' | 'ignores'

/**
 * `makes`: what leaves by 'out' updates and deletes rows that left before. `takes`: reads such changes, and makes a stream
 * of them. `keeps`: hands rows on with their kinds.
 */
export type ChangeRole = 'makes' | 'takes' | 'keeps'

/** `gives`: a key node. `keeps`: rows go out with the key they came with. `needs`: refuses rows without one. */
export type KeyRole = 'gives' | 'keeps' | 'needs'

export interface NodeInput {
  readonly node: Node
  /** 'out', or the name of a side output. */
  readonly port: string
}

export interface NodeSpec {
  /** Sources, sinks and stateful operators: names their state. Never derived from depth. */
  readonly uid?: string
  readonly kind: string
  readonly parameters?: Readonly<Record<string, Json>>
  readonly behaviour: Behaviour
  /** Side outputs beside 'out'. */
  readonly sideOutputs?: readonly string[]
  /** Ports that are outputs of another node, before it in the same stage: batches that it emits there leave by those. */
  readonly emitsTo?: Readonly<Record<string, NodeInput>>
  /** Side outputs whose loss would be silent: left unconnected, validation warns. */
  readonly shouldConnect?: readonly string[]
  /** By port; ports left out are 'opaque'. */
  readonly columns?: Readonly<Record<string, ColumnFlow>>
  readonly time?: TimeRole
  readonly stateful?: boolean
  /** What the node does with the key of its rows; left out: drops it. */
  readonly key?: KeyRole
  /** What the node does with updates and deletes; left out: refuses them, unless it looks at one row at a time. */
  readonly changes?: ChangeRole
  /** The columns of 'out', where a schema tells them. */
  readonly fields?: readonly Field[]
  readonly parallelism?: number
}

export interface Node extends NodeSpec {
  /** Unique in the graph: the uid, or for nodes without one their kind and a number. */
  readonly id: string
  readonly inputs: readonly NodeInput[]
}

/** Collects nodes while a topology is built. */
export class GraphBuilder {
  private readonly all: Node[] = []
  private readonly ids = new Set<string>()
  private readonly perKind = new Map<string, number>()
  private parallelism: number | undefined

  /** Nodes that `build` adds have this parallelism, unless they say otherwise. */
  withParallelism<R>(parallelism: number, build: () => R): R {
    const before = this.parallelism
    this.parallelism = parallelism
    try {
      return build()
    } finally {
      this.parallelism = before
    }
  }

  /** Adds a node and freezes it. @throws {TopologyError} `UID_COLLISION` */
  add(spec: NodeSpec, inputs: readonly NodeInput[]): Node {
    if (spec.uid !== undefined && this.ids.has(spec.uid)) {
      throw new TopologyError('UID_COLLISION', `two nodes have the uid "${spec.uid}" (the second is a ${spec.kind})`, {
        fix: `Give one of them a name of its own, as in ${spec.kind}({ name: '…' }): state in checkpoints is matched by it.`,
        details: { uid: spec.uid },
      })
    }
    const node: Node = Object.freeze({
      ...(this.parallelism === undefined ? {} : { parallelism: this.parallelism }),
      ...spec,
      id: spec.uid ?? this.number(spec.kind),
      inputs: Object.freeze([...inputs]),
    })
    this.ids.add(node.id)
    this.all.push(node)
    return node
  }

  /** In the order they were added, so inputs come before what reads them. */
  nodes(): readonly Node[] {
    return this.all
  }

  private number(kind: string): string {
    for (;;) {
      const next = (this.perKind.get(kind) ?? 0) + 1
      this.perKind.set(kind, next)
      const id = `${kind}-${next}`
      if (!this.ids.has(id)) return id
    }
  }
}
