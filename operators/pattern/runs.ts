/** The runs of one key: patterns that have begun, and how they come to checkpoints. */
import { dynamic } from '../../topology/codec/index.ts'
import type { ByteReader, ByteWriter, ValueCodec } from '../../topology/contract/state.ts'
import { Path, type Taken } from './path.ts'

/** A pattern that has begun. Never changed in place. */
export interface Run {
  readonly path: Path
  /** The edges that are still open, a bit each. */
  readonly open: number
  /** Whether no record has come since the last one that was taken. */
  readonly isFresh: boolean
  /** Whether it is a match if nothing more comes that must not. */
  readonly isAwaiting: boolean
}

/** What is kept of a key. */
export interface KeyRuns {
  nextId: number
  runs: Run[]
}

const FRESH = 1
const AWAITING = 2

/**
 * ```text
 * varint nextId
 * varint n, then n records:  varint id, float64 timestampMs, value (codec `dynamic`)
 * varint n, then n paths:    varint place + 1 of the path before, or 0; varint stage; varint place of the record
 * varint n, then n runs:     varint place of the path, varint open edges, uint8 1 when fresh + 2 when awaiting
 * ```
 */
export const runsCodec: ValueCodec<KeyRuns> = {
  name: 'patternRuns',
  version: 1,
  write(writer, { nextId, runs }) {
    writer.varint(nextId)
    const [records, paths] = places(runs)
    writer.varint(records.size)
    for (const record of records.keys()) writeRecord(writer, record)
    writer.varint(paths.size)
    for (const path of paths.keys()) {
      writer.varint(path.before === undefined ? 0 : paths.get(path.before)! + 1)
      writer.varint(path.stage)
      writer.varint(records.get(path.record)!)
    }
    writer.varint(runs.length)
    for (const { path, open, isFresh, isAwaiting } of runs) {
      writer.varint(paths.get(path)!)
      writer.varint(open)
      writer.uint8((isFresh ? FRESH : 0) + (isAwaiting ? AWAITING : 0))
    }
  },
  read(reader) {
    const nextId = reader.varint()
    const records = readMany(reader, () => readRecord(reader))
    const paths: Path[] = []
    for (let left = reader.varint(); left > 0; left--) {
      const before = reader.varint()
      const stage = reader.varint()
      paths.push(new Path(before === 0 ? undefined : paths[before - 1], stage, records[reader.varint()]!))
    }
    const runs = readMany(reader, (): Run => {
      const path = paths[reader.varint()]!
      const open = reader.varint()
      const flags = reader.uint8()
      return { path, open, isFresh: (flags & FRESH) !== 0, isAwaiting: (flags & AWAITING) !== 0 }
    })
    return { nextId, runs }
  },
  copy: ({ nextId, runs }) => ({ nextId, runs: runs.slice() }),
}

/** Each record and each path once, a path behind the one before it. */
function places(runs: readonly Run[]): [records: Map<Taken, number>, paths: Map<Path, number>] {
  const records = new Map<Taken, number>()
  const paths = new Map<Path, number>()
  for (const run of runs) {
    for (const path of run.path.steps()) {
      if (paths.has(path)) continue
      paths.set(path, paths.size)
      if (!records.has(path.record)) records.set(path.record, records.size)
    }
  }
  return [records, paths]
}

function writeRecord(writer: ByteWriter, { id, timestampMs, row }: Taken): void {
  writer.varint(id)
  writer.float64(timestampMs)
  dynamic.write(writer, row)
}

function readRecord(reader: ByteReader): Taken {
  return { id: reader.varint(), timestampMs: reader.float64(), row: dynamic.read(reader) }
}

function readMany<V>(reader: ByteReader, read: () => V): V[] {
  const values: V[] = []
  for (let left = reader.varint(); left > 0; left--) values.push(read())
  return values
}
