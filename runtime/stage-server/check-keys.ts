/** Finds out a host that hashes otherwise: its rows would be looked for under other key groups after a restore. */
import type { Batch } from '../../topology/element.ts'
import { keyGroupOf, toKey } from '../../topology/key.ts'
import type { KeyGroupRange } from '../state/key-group-range.ts'
import { protocolError } from './protocol-error.ts'

/**
 * Of a batch on a hash edge: it has keys and key groups, all of this subtask's range, and that of its first row is the
 * one that its key hashes to. (One row: who hashes wrongly does so always, and a hash for every row costs as much as
 * making the row.)
 *
 * @throws {SluiceError} `STAGE_PROTOCOL`, `KEY_INVALID`
 */
export function checkKeys({ keys, keyGroups, length }: Batch, owned: KeyGroupRange, allKeyGroups: number): void {
  if (keys === undefined || keyGroups === undefined) throw protocolError('a batch on a hash edge has no keys')
  for (let row = 0; row < length; row++) {
    const keyGroup = keyGroups[row]!
    if (keyGroup < owned.first || keyGroup > owned.last) {
      throw protocolError(`it sent key group ${keyGroup} to the subtask of ${owned.first} to ${owned.last}`)
    }
  }
  if (length === 0) return
  const expected = keyGroupOf(toKey(keys[0]), allKeyGroups)
  if (keyGroups[0] !== expected) {
    throw protocolError(`the key ${String(keys[0])} is of key group ${expected}, and it sent it as of ${keyGroups[0]}`)
  }
}
