/** A two-phase sink of whole numbers into files, which holds next to nothing itself and can be made to stall. */
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { CommitRequest, Sink, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import type { Batch } from '../../../topology/element.ts'
import type { CustomSink } from '../../../topology/to.ts'
import { until } from '../../support/run-process.ts'

export interface Numbered {
  /** From 0 to 2³² − 1. */
  readonly n: number
}

const LONGEST_STALL_MS = 600_000

/**
 * While the file {@link stallFile} is there, each writer keeps the batch at hand and takes no other.
 *
 * Rows are written before `write` returns, and named in the list of what is committed after their checkpoint: killed
 * processes lose none of it, a machine without power might.
 */
export function numberSink<T extends Numbered>(name: string, directory: string): CustomSink<T> {
  const create = (): Sink => ({
    createWriter: async (context) => openWriter(directory, context),
    createCommitter: async () => ({
      fence: async ({ restored }) => restored && apply(directory, restored),
      commit: async (request) => apply(directory, request),
      close: async () => {},
    }),
    close: async () => {},
  })
  return { name, create }
}

/** There: the sinks of this directory stall. */
export function stallFile(directory: string): string {
  return join(directory, 'stalled')
}

/** What has been committed, of splits that number their records without a gap. */
export interface CommittedNumbers {
  readonly records: number
  /** Numbers before one that is there. */
  readonly lost: number
  readonly doubled: number
}

/** @param perSplit how many numbers each split has to itself */
export function committedNumbers(directory: string, perSplit: number): CommittedNumbers {
  const timesOf = new Map<number, number[]>()
  for (const { files } of commits(directory)) {
    for (const file of files) {
      const bytes = readFileSync(join(directory, file))
      for (let at = 0; at < bytes.length; at += 4) {
        const n = bytes.readUInt32LE(at)
        const split = Math.floor(n / perSplit)
        const times = timesOf.get(split) ?? []
        timesOf.set(split, times)
        times[n % perSplit] = (times[n % perSplit] ?? 0) + 1
      }
    }
  }
  let [records, lost, doubled] = [0, 0, 0]
  for (const times of timesOf.values()) {
    for (let position = 0; position < times.length; position++) {
      const count = times[position] ?? 0
      records += count
      if (count === 0) lost++
      else doubled += count - 1
    }
  }
  return { records, lost, doubled }
}

interface Commit {
  readonly id: string
  readonly files: readonly string[]
}

function commits(directory: string): readonly Commit[] {
  const list = join(directory, 'committed.jsonl')
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function apply(directory: string, { checkpointEpoch, checkpointId, committables }: CommitRequest): void {
  const id = `${checkpointEpoch}/${checkpointId}`
  if (commits(directory).some((commit) => commit.id === id)) return
  appendFileSync(join(directory, 'committed.jsonl'), `${JSON.stringify({ id, files: committables })}\n`)
}

function openWriter(directory: string, { epoch, subtask }: WriterContext): SinkWriter<Numbered> {
  mkdirSync(directory, { recursive: true })
  let open: { readonly name: string; readonly fd: number } | undefined
  let intervals = 0
  const close = () => {
    if (open !== undefined) closeSync(open.fd)
    open = undefined
  }
  return {
    write(batch: Batch<Numbered>) {
      if (open === undefined) {
        const name = `${epoch}-${subtask}-${intervals++}.u32`
        open = { name, fd: openSync(join(directory, name), 'w') }
      }
      writeSync(
        open.fd,
        Uint32Array.from(batch.values, ({ n }) => n),
      )
      if (existsSync(stallFile(directory)))
        return until('the stall ends', () => !existsSync(stallFile(directory)), LONGEST_STALL_MS)
    },
    async prepareCommit() {
      const files = open === undefined ? [] : [open.name]
      close()
      return files
    },
    async close() {
      close()
    },
  }
}
