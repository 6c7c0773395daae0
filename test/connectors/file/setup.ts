/** Folders and endpoints for the tests of files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import type { CommitterContext, WriterContext } from '../../../topology/contract/sink.ts'
import type {
  ReaderContext,
  Source,
  SourceReader,
  SourceRecord,
  SplitState,
} from '../../../topology/contract/source.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'

export const Line = z.object({ n: z.number() })

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function put(folder: string, name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content)
}

export function readerContext(clock = new ManualClock()): ReaderContext {
  return { job: 'test', uid: 'source(test)', subtask: 0, clock, logger: recordingLogger(), metrics: silentMetrics }
}

export function sinkContext(over: Partial<WriterContext> = {}): WriterContext & CommitterContext {
  return {
    job: 'job',
    uid: 'sink(test)',
    subtask: 0,
    epoch: 1n,
    clock: new ManualClock(),
    logger: recordingLogger(),
    metrics: silentMetrics,
    ...over,
  }
}

/** A reader of all splits, from a snapshot or from their starts. */
export async function openReader(
  source: Source,
  from?: readonly SplitState[],
): Promise<SourceReader & AsyncDisposable> {
  const reader = source.createReader(readerContext())
  const splits = await source.discoverSplits({})
  await reader.assign(from ?? splits.map((split) => ({ ...split, position: split.start })))
  onTestFinished(() => reader.close())
  return Object.assign(reader, { [Symbol.asyncDispose]: () => reader.close() })
}

export async function readAll(reader: SourceReader, maxRows = 1024): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  for (let batch = await reader.poll(maxRows); batch !== undefined; batch = await reader.poll(maxRows))
    records.push(...batch.values)
  return records
}

const decoder = new TextDecoder()
export const text = ({ value }: SourceRecord): string => decoder.decode(value!)
