/** What a source gives, read to the end. */
import type { SourceBounds, SourceReader, SourceRecord } from '../../../topology/contract/source.ts'
import type { Batch } from '../../../topology/element.ts'
import type { EndpointSource } from '../../../topology/endpoint.ts'
import { jsonDeserializer } from '../../../topology/schema/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'
import type { Server } from './server.ts'

export function readerContext(clock = new ManualClock()) {
  return { job: 'job', uid: 'source(in)', subtask: 0, clock, logger: recordingLogger(), metrics: silentMetrics }
}

/** A reader at the start of what `bounds` leave. */
export async function openReader(
  server: Server,
  endpoint: EndpointSource<any>,
  bounds: SourceBounds = {},
  clock = new ManualClock(),
): Promise<SourceReader> {
  const source = server.endpoints({ clock }).source(endpoint)
  const splits = await source.discoverSplits(bounds)
  const reader = source.createReader(readerContext(clock))
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  return reader
}

/** Polls until nothing comes. */
export async function drain(reader: SourceReader, maxRows = 1_000): Promise<Batch<SourceRecord>[]> {
  const batches: Batch<SourceRecord>[] = []
  for (let batch = await reader.poll(maxRows); batch !== undefined; batch = await reader.poll(maxRows))
    batches.push(batch)
  return batches
}

/** Rows, or why a record is none. */
export function decoded<T>(endpoint: EndpointSource<T>, batches: readonly Batch<SourceRecord>[]): unknown[] {
  const { decode } = jsonDeserializer(endpoint.schema)
  return batches
    .flatMap(({ values }) => values)
    .map(({ value }) => decode(value))
    .map((result) => (result.ok ? result.value : result.reason))
}

/** All rows there are. */
export async function readAll(
  server: Server,
  endpoint: EndpointSource<any>,
  bounds?: SourceBounds,
): Promise<unknown[]> {
  const reader = await openReader(server, endpoint, bounds)
  const rows = decoded(endpoint, await drain(reader))
  await reader.close()
  return rows
}
