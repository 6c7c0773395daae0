/** A snapshot of the disk backend: writes what the cut owes, and copies its rows out of a read transaction, in slices. */
import { BufferWriter } from '../../../topology/codec/buffer-writer.ts'
import type { StateChunk } from '../../../topology/contract/stage.ts'
import { ChunkWriter } from '../chunk-form.ts'
import { ChunkedSnapshot, type SnapshotOptions } from '../chunked-snapshot.ts'
import type { DiskKeyedState } from './disk-keyed-state.ts'
import type { DiskNamespace } from './disk-table.ts'
import { groupStart, isSpilled, PREFIX_BYTES } from './row-key.ts'
import type { Row, RowView } from './scratch-store.ts'
import type { WriteBack } from './write-back.ts'

/** One state and what it had at the cut. */
interface Part {
  readonly state: DiskKeyedState<any>
  readonly namespaces: readonly (readonly [number: number, namespace: DiskNamespace<any>])[]
  readonly entries: number
}

/** How many rows are written between two looks at the clock: one transaction. */
const WRITTEN_ROWS = 1024

export class DiskSnapshot extends ChunkedSnapshot {
  private readonly parts: readonly Part[]
  private readonly writeBack: WriteBack
  private readonly writer = new ChunkWriter()
  /** Rows of the section at hand. */
  private readonly bytes = new BufferWriter()
  private isWritten = false
  private view: RowView | undefined

  constructor(states: Iterable<DiskKeyedState<any>>, writeBack: WriteBack, options: SnapshotOptions) {
    super(options)
    this.writeBack = writeBack
    this.parts = Array.from(states, (state) => {
      const namespaces = state.current()
      return { state, namespaces, entries: namespaces.reduce((sum, [, { count }]) => sum + count, 0) }
    })
    writeBack.cut((view) => {
      this.isWritten = true
      this.view = view
    })
  }

  protected release(): void {
    if (this.isWritten) this.view?.close()
    else this.writeBack.abandonCut()
  }

  protected async *chunks(): AsyncGenerator<StateChunk> {
    // The barrier is being handled: begin only when that is done.
    await this.nextSlice()
    const rows = Math.min(WRITTEN_ROWS, this.pace.stride * 16)
    while (!this.isWritten) {
      this.writeBack.write(rows)
      if (this.pace.isOver(rows)) await this.nextSlice()
    }
    for (const part of this.parts) yield* this.chunksOf(part)
  }

  private async *chunksOf({ state, namespaces, entries }: Part): AsyncGenerator<StateChunk> {
    const { view, writer } = this
    if (view === undefined) return
    const byGroup = namespacesByGroup(namespaces, state.keyGroups)
    const rangeGroups = this.groupsPerChunk(state, entries)
    let sizeBytes = 0
    for (let keyGroup = 0; keyGroup < state.keyGroups; keyGroup++) {
      for (const [number, { id }] of byGroup[keyGroup] ?? []) {
        for (const count of this.sections(
          number,
          keyGroup,
          view.rows(groupStart(id, keyGroup), groupStart(id, keyGroup + 1)),
        )) {
          if (writer.sizeBytes >= this.chunkBytes) {
            sizeBytes += writer.sizeBytes
            yield writer.take(state)!
            this.checkRunning()
          }
          if (this.pace.isOver(count)) await this.nextSlice()
        }
      }
      if ((keyGroup + 1) % rangeGroups === 0 || keyGroup + 1 === state.keyGroups) {
        sizeBytes += writer.sizeBytes
        const chunk = writer.take(state)
        if (chunk !== undefined) yield chunk
        this.checkRunning()
      }
      if (this.pace.isOver(0)) await this.nextSlice()
    }
    if (entries > 0) state.encodedBytesPerEntry = sizeBytes / entries
  }

  /** Writes rows in sections of the pace's stride; gives the number of rows of each. */
  private *sections(namespace: number, keyGroup: number, rows: Iterable<Row>): Generator<number> {
    const { bytes } = this
    let count = 0
    bytes.clear()
    for (const [key, value] of rows) {
      if (!isSpilled(key)) bytes.append(key.subarray(PREFIX_BYTES))
      bytes.append(value)
      if (++count < this.pace.stride) continue
      this.writer.encodedSection(keyGroup, namespace, count, bytes.written())
      yield count
      count = 0
      bytes.clear()
    }
    if (count === 0) return
    this.writer.encodedSection(keyGroup, namespace, count, bytes.written())
    yield count
  }
}

/** Which namespaces may have anything in a key group. What came after the cut is no matter: the view does not have it. */
function namespacesByGroup(namespaces: Part['namespaces'], keyGroups: number): Part['namespaces'][] {
  const byGroup = new Array<[number, DiskNamespace<any>][]>(keyGroups)
  for (const each of namespaces) {
    for (const keyGroup of each[1].tables.keys()) {
      byGroup[keyGroup] ??= []
      byGroup[keyGroup].push([...each])
    }
  }
  return byGroup
}
