/** Finds out what a host got wrong before it is in the state, where nobody would notice until the first restore. */
import type { Batch } from '../../topology/element.ts'
import { keyGroupOf, toKey } from '../../topology/key.ts'
import type { KeyGroupRange } from '../state/key-group-range.ts'
import { protocolError } from './protocol-error.ts'

/** @throws {SluiceError} `STAGE_PROTOCOL` when an event time is none */
export function checkTimes({ timestampsMs = new Float64Array() }: Batch): void {
  for (let row = 0; row < timestampsMs.length; row++) {
    if (!Number.isFinite(timestampsMs[row])) throw protocolError(`a row has the event time ${timestampsMs[row]}`)
  }
}

/**
 * Of a batch on a hash edge: every row has a key, and a key group of this subtask's range; that of the first row is the one
 * that its key hashes to. (One row: who hashes wrongly does so always, and a hash for every row costs as much as making it.)
 *
 * @throws {SluiceError} `STAGE_PROTOCOL`, `KEY_INVALID`
 */
export function checkKeys({ keys, keyGroups, length }: Batch, owned: KeyGroupRange, allKeyGroups: number): void {
  if (keys === undefined || keyGroups === undefined) throw protocolError('a batch on a hash edge has no keys')
  for (let row = 0; row < length; row++) {
    toKey(keys[row])
    const keyGroup = keyGroups[row]!
    if (keyGroup < owned.first || keyGroup > owned.last) {
      throw protocolError(`it sent key group ${keyGroup} to the subtask of ${owned.first} to ${owned.last}`)
    }
  }
  if (length === 0) return
  const expected = keyGroupOf(keys[0]!, allKeyGroups)
  if (keyGroups[0] !== expected) {
    throw protocolError(`the key ${String(keys[0])} is of key group ${expected}, and it sent it as of ${keyGroups[0]}`)
  }
}
