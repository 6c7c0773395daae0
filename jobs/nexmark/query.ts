/** What Nexmark's queries have in common: the streams they read, and where their rows go. */
import { z } from 'zod'
import { changes, eventTime, filter, map, monotonous } from '../../operators/index.ts'
import type { Row } from '../../topology/schema/index.ts'
import type { AnyStream, Stream, Transform, UpdatingStream } from '../../topology/stream.ts'
import { type Table, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { type Topology, type TopologyBuilder, topology } from '../../topology/topology.ts'
import { nexmarkSource } from './generator/source.ts'
import { type Auction, type Bid, NexmarkEvent, type Person } from './schemas.ts'

export interface NexmarkStreams {
  readonly persons: Stream<Person>
  readonly auctions: Stream<Auction>
  readonly bids: Stream<Bid>
}

export interface NexmarkQuery<R = any> {
  readonly name: string
  readonly result: Table<R>
  readonly build: (streams: NexmarkStreams) => Stream<R>
}

/** A query whose rows, as `schema` says they are, go into the table `nexmark.<name>`. */
export function query<O extends z.ZodObject>(
  name: string,
  schema: O,
  build: (streams: NexmarkStreams) => Stream<Row<O>>,
): NexmarkQuery<Row<O>> {
  return { name, result: table(`nexmark.${name}`, schema), build }
}

/** A query whose rows go on changing: what it gives are the changes, as its table keeps them, in a column `kind`. */
export function updatingQuery<O extends z.ZodObject>(
  name: string,
  schema: O,
  build: (streams: NexmarkStreams) => UpdatingStream<Row<O>>,
): NexmarkQuery {
  const changelog = schema.extend({ kind: z.enum(['insert', 'update-before', 'update-after', 'delete']) })
  return {
    name,
    result: table(`nexmark.${name}`, changelog),
    build: (streams) => build(streams).pipe(changes()) as Stream<any>,
  }
}

/**
 * The job of a query: from the generator, or from a topic.
 *
 * ```text
 * NEXMARK_EVENTS=n               how many events the generator makes; default 1,000,000
 * NEXMARK_EVENTS_PER_SECOND=n    how many of them happen in a second of event time; default 10,000
 * NEXMARK_SPLITS=n               how many splits deal them out; default 4
 * NEXMARK_TOPIC=name             reads this topic instead, which simulate.ts fills
 * ```
 */
export function jobOf<R>({ name, result, build }: NexmarkQuery<R>): Topology {
  return topology(`nexmark-${name}`, (builder) => {
    build(streamsOf(eventsOf(builder))).pipe(to(result))
  })
}

/** Events of all kinds, each by its own stream. */
export function streamsOf(events: Stream<NexmarkEvent>): NexmarkStreams {
  return {
    persons: events.pipe(
      filter(({ event_type }) => event_type === 0),
      map(({ person }) => person!),
    ),
    auctions: events.pipe(
      filter(({ event_type }) => event_type === 1),
      map(({ auction }) => auction!),
    ),
    bids: events.pipe(
      filter(({ event_type }) => event_type === 2),
      map(({ bid }) => bid!),
    ),
  }
}

/** Event time: events come in the order in which they happened. `name` tells the streams of a query apart. */
export function inOrder<S extends AnyStream>(name: string): Transform<S, S> {
  return eventTime<S>((event: any) => event.dateTime as number, monotonous({ name }))
}

function eventsOf({ from, fromSource }: TopologyBuilder): Stream<NexmarkEvent> {
  const { NEXMARK_TOPIC, ...generator } = process.env
  if (NEXMARK_TOPIC !== undefined) return from(topic(NEXMARK_TOPIC, NexmarkEvent))
  const events = Number(generator['NEXMARK_EVENTS'] ?? 1_000_000)
  const eventsPerSecond = Number(generator['NEXMARK_EVENTS_PER_SECOND'] ?? 10_000)
  const splits = Number(generator['NEXMARK_SPLITS'] ?? 4)
  return fromSource('nexmark', () => nexmarkSource({ events, eventsPerSecond, splits }))
}
