/** The typed, pipeable handle on an output of a node: what the DSL passes around. */
import type { SourceRecord } from './contract/source.ts'
import type { EndpointReference } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import type { GraphBuilder, Node, NodeInput, NodeSpec } from './graph.ts'
import type { PoisonedRow } from './poisoned-record.ts'
import type { TypedTopic } from './topic.ts'

declare const elementType: unique symbol
declare const keyedBy: unique symbol
declare const rowsType: unique symbol

/** A stream or an updating stream, whatever its records: what an operator takes that keeps the kinds of its rows. */
export interface StreamHandle {
  readonly graph: GraphBuilder
  readonly origin: NodeInput
  /** Carries the record type; not present at run time. */
  readonly [elementType]: any
}

/** Any stream, whatever its records; an updating one is none. */
export interface AnyStream extends StreamHandle {
  /** Type only: what becomes of a record once it is out. */
  readonly [rowsType]: 'stay as they are'
}

/**
 * `pipe` takes operators from left to right. An operator with side outputs returns `{ out, …sides }`; the next operator
 * goes on from `out`, and the sides of all of them come out of `pipe` beside the last `out`.
 */
interface Pipeable extends StreamHandle {
  pipe<A>(a: (s: this) => A): A
  pipe<A, B>(a: (s: this) => A, b: (s: Main<A>) => B): Piped<[A, B]>
  pipe<A, B, C>(a: (s: this) => A, b: (s: Main<A>) => B, c: (s: Main<B>) => C): Piped<[A, B, C]>
  pipe<A, B, C, D>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
  ): Piped<[A, B, C, D]>
  pipe<A, B, C, D, E>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
  ): Piped<[A, B, C, D, E]>
  pipe<A, B, C, D, E, F>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
    f: (s: Main<E>) => F,
  ): Piped<[A, B, C, D, E, F]>
  pipe<A, B, C, D, E, F, G>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
    f: (s: Main<E>) => F,
    g: (s: Main<F>) => G,
  ): Piped<[A, B, C, D, E, F, G]>
  pipe<A, B, C, D, E, F, G, H>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
    f: (s: Main<E>) => F,
    g: (s: Main<F>) => G,
    h: (s: Main<G>) => H,
  ): Piped<[A, B, C, D, E, F, G, H]>
  pipe<A, B, C, D, E, F, G, H, I>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
    f: (s: Main<E>) => F,
    g: (s: Main<F>) => G,
    h: (s: Main<G>) => H,
    i: (s: Main<H>) => I,
  ): Piped<[A, B, C, D, E, F, G, H, I]>
  pipe<A, B, C, D, E, F, G, H, I, J>(
    a: (s: this) => A,
    b: (s: Main<A>) => B,
    c: (s: Main<B>) => C,
    d: (s: Main<C>) => D,
    e: (s: Main<D>) => E,
    f: (s: Main<E>) => F,
    g: (s: Main<F>) => G,
    h: (s: Main<G>) => H,
    i: (s: Main<H>) => I,
    j: (s: Main<I>) => J,
  ): Piped<[A, B, C, D, E, F, G, H, I, J]>
}

/**
 * A stream of records of type `T`.
 *
 * @example const { out: clean, quarantined } = orders.pipe(cleanse({ email: trim() }), expect(OrderRules))
 */
export interface Stream<T> extends AnyStream, Pipeable {
  readonly [elementType]: (value: T) => T
}

/** A stream partitioned by key: the only kind that state, timers and windows accept. `K` holds the key's columns. */
export interface KeyedStream<K, T> extends Stream<T> {
  readonly [keyedBy]: (key: K) => K
}

/**
 * A result that goes on changing: a stream of changes to rows of type `T`, each with its kind (see `RowKind`). An insert
 * and an update-after put a row in, an update-before and a delete take an equal one out.
 *
 * It is no `Stream<T>`, so what counts, keeps or writes each row as a new one does not take it. Steps of one row
 * (`filter`, `map` …), `branch`, `union` and `keyBy` keep the kinds, and the type; `changes()` makes a stream of it.
 */
export interface UpdatingStream<T> extends Pipeable {
  readonly [elementType]: (value: T) => T
  readonly [rowsType]: 'are updated and deleted: changes() makes a stream of what changes'
}

/** An updating stream partitioned by key. */
export interface KeyedUpdatingStream<K, T> extends UpdatingStream<T> {
  readonly [keyedBy]: (key: K) => K
}

/** What becomes of `S` when its rows become `R`: updating still, if it was. */
export type StreamLike<S, R> = S extends AnyStream ? Stream<R> : UpdatingStream<R>
/** The same with a key whose columns `K` holds. */
export type KeyedLike<S, K> = S extends AnyStream ? KeyedStream<K, ElementOf<S>> : KeyedUpdatingStream<K, ElementOf<S>>

/** A stream straight from a topic: its records, and beneath them the bytes as they were received. */
export interface TopicStream<T> extends Stream<T> {
  /** The records before decoding. */
  readonly received: Stream<SourceRecord>
  /**
   * Records that made the job fail several times at the same place. A job that reads them goes on without them; one that
   * does not fails with `POISON_RECORD`, naming topic, partition and offset.
   */
  readonly poisoned: Stream<PoisonedRow>
  /** The topic, or the endpoint, as it was declared. */
  readonly declared: TypedTopic | EndpointReference
}

export type ElementOf<S> = S extends { readonly [elementType]: (value: infer T) => any } ? T : never
/** What the next operator goes on from. */
export type Main<A> = A extends { readonly out: infer S } ? S : A
export type Transform<S, R> = (stream: S) => R

/** An object type spelled out, so that editors show its fields. */
export type Flat<T> = { [K in keyof T]: T[K] }
type Sides<A> = A extends { readonly out: any } ? Omit<A, 'out'> : unknown
type AllSides<A extends readonly unknown[]> = A extends readonly [infer H, ...infer R]
  ? Sides<H> & AllSides<R>
  : unknown
type Last<A extends readonly unknown[]> = A extends readonly [...any[], infer L] ? L : never
/** The result of a pipe: the last stream, or when any step had side outputs, all of them beside it. */
export type Piped<A extends readonly unknown[]> = keyof AllSides<A> extends never
  ? Main<Last<A>>
  : Flat<{ readonly out: Main<Last<A>> } & AllSides<A>>

/** The stream that leaves `port` of `node`. */
export function streamOf<S extends StreamHandle>(graph: GraphBuilder, node: Node, port = 'out', extra: object = {}): S {
  const self: Record<string, unknown> = { graph, origin: Object.freeze({ node, port }), ...extra }
  self['pipe'] = (...transforms: ((stream: unknown) => unknown)[]) => pipe(self, transforms)
  return Object.freeze(self) as unknown as S
}

/**
 * Adds a node that reads `input` and returns the stream of its main output: how every operator is made.
 *
 * @example append(input, { kind: 'map', behaviour: { type: 'row', step: 'map', fn } })
 */
export function append<S extends StreamHandle>(input: StreamHandle | readonly StreamHandle[], spec: NodeSpec): S {
  const inputs: readonly StreamHandle[] = Array.isArray(input) ? input : [input as StreamHandle]
  const graph = inputs[0]!.graph
  if (inputs.some((stream) => stream.graph !== graph)) {
    throw new TopologyError('FOREIGN_STREAM', `${spec.kind} joins streams of different topologies`, {
      fix: 'Build all of its inputs inside the same topology() call.',
    })
  }
  return streamOf(
    graph,
    graph.add(
      spec,
      inputs.map((stream) => stream.origin),
    ),
  )
}

/** As `append`, for an operator with side outputs: `{ out, …sides }`. */
export function appendWithSides<R extends { readonly out: StreamHandle }>(
  input: StreamHandle | readonly StreamHandle[],
  spec: NodeSpec & { readonly sideOutputs: readonly string[] },
): R {
  const out = append<StreamHandle>(input, spec)
  const sides = spec.sideOutputs.map((port) => [port, streamOf(out.graph, out.origin.node, port)])
  return Object.freeze({ out, ...Object.fromEntries(sides) }) as R
}

function pipe(start: unknown, transforms: readonly ((stream: unknown) => unknown)[]): unknown {
  let sides: Record<string, unknown> | undefined
  let current: unknown = start
  for (const transform of transforms) {
    const result = transform(current)
    if (typeof result === 'object' && result !== null && 'out' in result) {
      const { out, ...own } = result
      for (const name of Object.keys(own)) {
        if (sides !== undefined && name in sides) {
          throw new TopologyError('SIDE_OUTPUT_COLLISION', `two operators of one pipe have a side output "${name}"`, {
            fix: 'Split the pipe in two, and take each side output by its own name.',
          })
        }
      }
      sides = { ...sides, ...own }
      current = out
    } else {
      current = result
    }
  }
  return sides === undefined ? current : Object.freeze({ out: current, ...sides })
}
