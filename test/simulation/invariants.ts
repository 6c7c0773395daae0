/** What has to hold at every moment, judged from what is durable: strictly, and without asking the runtime. */

import type { LoadedTable } from '../../connectors/iceberg/catalog/iceberg-catalog.ts'
import { readCommittedState } from '../../connectors/iceberg/commit/committed-state.ts'
import { writtenFilesFromCommittable } from '../../connectors/iceberg/write/committable.ts'
import { decodeManifest, type Manifest } from '../../runtime/checkpoint/manifest.ts'
import { unseal } from '../../runtime/checkpoint/seal.ts'
import type { Machines } from './machines.ts'
import { CHECKPOINT_ROOT, JOB } from './simulated-job.ts'

interface JournalBody {
  readonly epoch: string
  readonly checkpoints: readonly { readonly id: string; readonly epoch: string; readonly manifest: string }[]
}

export class Invariants {
  /** Complete checkpoints, `epoch/id`. */
  readonly completed = new Set<string>()
  private readonly machines: Machines
  private epoch = 0n
  private lastRecord = ''

  constructor(machines: Machines) {
    this.machines = machines
    machines.store.onStored = (location, bytes) => {
      if (location.startsWith(`${CHECKPOINT_ROOT}/journal/`)) this.journalWritten(location, bytes)
    }
    machines.lake.onCommitted = (base, next) => this.committed(base, next)
  }

  /** A checkpoint is complete when the journal names it: from then on, all of it is there. No older attempt completes one. */
  private journalWritten(location: string, bytes: Uint8Array): void {
    const { world } = this.machines
    // One that comes so late that its number has been free again stands behind others, and counts for nobody.
    if (location < this.lastRecord) return
    this.lastRecord = location
    const { body } = unseal('journal', bytes, location)
    const record = JSON.parse(Buffer.from(body).toString()) as JournalBody
    const epoch = BigInt(record.epoch)
    if (epoch < this.epoch) world.violate(`epoch ${epoch} writes the journal after epoch ${this.epoch} has opened`)
    this.epoch = epoch
    for (const { id, epoch: takenBy, manifest } of record.checkpoints) {
      const name = `${takenBy}/${id}`
      if (this.completed.has(name)) continue
      this.completed.add(name)
      world.note('store', () => `checkpoint ${id} of epoch ${takenBy} is complete`)
      this.checkWhole(`${CHECKPOINT_ROOT}/${manifest}`)
    }
  }

  private checkWhole(location: string): void {
    const { world, store } = this.machines
    const bytes = store.contents.get(location)
    if (bytes === undefined) {
      world.violate(`${location} is named by the journal, and not there`)
      return
    }
    for (const file of filesOf(decodeManifest(bytes, location))) {
      if (!store.contents.has(file)) world.violate(`${location} is complete without ${file}`)
    }
  }

  /** What is in a table is of complete checkpoints, and no older attempt changes it. */
  private committed(base: LoadedTable, next: LoadedTable): void {
    const { world } = this.machines
    const sink = { job: JOB, uid: `sink(${next.name})` }
    const before = readCommittedState(base.metadata, sink)
    const after = readCommittedState(next.metadata, sink)
    if (after === undefined) {
      world.violate(`${next.name} was changed by nobody`)
      return
    }
    const { fenceEpoch, applied } = after
    world.note('lake', () => `${next.name} is at ${fenceEpoch}/${applied?.checkpointEpoch}/${applied?.checkpointId}`)
    if (before !== undefined && fenceEpoch < before.fenceEpoch)
      world.violate(`epoch ${fenceEpoch} commits to ${next.name} after epoch ${before.fenceEpoch} was there`)
    if (applied !== undefined && !this.completed.has(`${applied.checkpointEpoch}/${applied.checkpointId}`))
      world.violate(`${next.name} shows checkpoint ${applied.checkpointId}, which is not complete`)
  }
}

/** State, and output that is owed. */
function filesOf({ keyed, sinks }: Manifest): string[] {
  const output = Object.values(sinks).flatMap(({ committables }) => committables.map(writtenFilesFromCommittable))
  return [
    ...keyed.map(({ file }) => `${CHECKPOINT_ROOT}/${file}`),
    ...output.flatMap(({ files }) => files.map((file) => (file as { readonly path: string }).path)),
  ]
}
