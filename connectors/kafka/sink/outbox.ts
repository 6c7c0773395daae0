/**
 * Where segments wait: `<root>/<job>/<sink>/<epoch>-<subtask>-<number>.segment`.
 *
 * When they may go: a segment that a checkpoint owes, once every shard's marker says that the checkpoint is in the topic.
 * Those of older epochs that no checkpoint owes, or one that was passed over at a restore, once output of a checkpoint of
 * this epoch is in the topic: checkpoint ids only grow, so that a restore of any that names such a segment is refused from
 * then on (`REWIND_REFUSED`). Until then a manifest that is retained may still name it, and it stays.
 */
import type { FileIO } from '../../../topology/contract/file-io.ts'
import type { SinkName } from './marker.ts'

export class Outbox {
  private readonly files: FileIO
  private readonly folder: string

  constructor(files: FileIO, root: string, { job, uid }: SinkName) {
    this.files = files
    this.folder = `${root}/${encodeURIComponent(job)}/${encodeURIComponent(uid)}/`
  }

  locationOf(epoch: bigint, subtask: number, number: number): string {
    return `${this.folder}${epoch}-${subtask}-${number}.segment`
  }

  write(location: string, bytes: Uint8Array): Promise<void> {
    return this.files.write(location, bytes)
  }

  read(location: string, range: { readonly start: number; readonly end: number }): Promise<Uint8Array> {
    return this.files.read(location, range)
  }

  async remove(locations: readonly string[]): Promise<void> {
    await Promise.all(locations.map((location) => this.files.delete(location)))
  }

  async removeOlderThan(epoch: bigint): Promise<void> {
    const older: string[] = []
    for await (const { location } of this.files.list(this.folder)) {
      const of = /^(\d+)-\d+-\d+\.segment$/.exec(location.slice(this.folder.length))?.[1]
      if (of !== undefined && BigInt(of) < epoch) older.push(location)
    }
    await this.remove(older)
  }
}
