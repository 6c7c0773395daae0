/** The key that state is read and written for: that of the record or the timer at hand. */
import type { Key } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'

export class KeyScope {
  readonly uid: string
  keyGroup = 0
  key: Key = ''
  /** The event time of what is at hand. */
  timestampMs: number | undefined
  private readonly functions: string
  private isOpen = false

  /** @param functions the functions of the user that are called for a key */
  constructor(uid: string, functions: readonly string[]) {
    this.uid = uid
    this.functions = functions.join(' and ')
  }

  enter(keyGroup: number, key: Key, timestampMs: number | undefined): void {
    this.keyGroup = keyGroup
    this.key = key
    this.timestampMs = timestampMs
    this.isOpen = true
  }

  leave(): void {
    this.isOpen = false
  }

  /** @throws {SluiceError} `STATE_OUTSIDE_CALL` when there is nothing at hand; `what` is what was asked for. */
  check(what: string): void {
    if (this.isOpen) return
    throw new SluiceError(
      'STATE_OUTSIDE_CALL',
      `${this.uid}: ${what} outside of ${this.functions}, where there is no current key`,
      {
        fix: `Read, write and emit before ${this.functions} returns; keep nothing of its context for a callback or a promise.`,
        details: { uid: this.uid, function: this.functions },
      },
    )
  }
}
