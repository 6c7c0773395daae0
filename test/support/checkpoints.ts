/** Checkpoints of one text each, for tests of the store that keeps them. */
import type { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { CheckpointKind, Manifest } from '../../runtime/checkpoint/manifest.ts'
import type { StateReference } from '../../topology/contract/stage.ts'

function chunk(text: string) {
  return {
    uid: 'count',
    state: 'totals',
    codec: { name: 'string', version: 1 },
    firstKeyGroup: 0,
    lastKeyGroup: 127,
    entries: 1,
    bytes: Buffer.from(text),
  }
}

/** Completes the store's next checkpoint, which holds `state` and nothing else; resolves to its manifest's location. */
export async function take(
  store: CheckpointStore,
  state: string,
  kind: CheckpointKind = 'checkpoint',
): Promise<string> {
  return store.complete(manifest(store, [await store.contents.store(store.epoch, chunk(state))], kind))
}

function manifest(
  store: CheckpointStore,
  keyed: readonly StateReference[],
  kind: CheckpointKind = 'checkpoint',
): Manifest {
  return {
    job: 'job',
    kind,
    epoch: store.epoch,
    checkpointId: store.lastCheckpointId + 1n,
    createdAtMs: 0,
    planFingerprint: 'f',
    keyGroups: 128,
    uids: ['count'],
    sources: { source: [{ id: '0', index: 0, start: '0', position: '9007199254740993' }] },
    keyed,
    split: {},
    watermarks: {},
    sinks: {},
  }
}

/** What the newest sound checkpoint holds. */
export async function stateOf(store: CheckpointStore): Promise<string> {
  const point = await store.latest()
  return Buffer.from((await store.contents.load(point!.manifest.keyed[0]!)).bytes).toString()
}

/** A copy with the lowest bit of one byte turned. */
export function flip(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice()
  copy[index]! ^= 1
  return copy
}
