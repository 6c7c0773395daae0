/** Chunks of a restore on their way from the host to the stage's state. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { CreditWindow } from './credit-window.ts'
import { protocolError } from './protocol-error.ts'

/** As many chunks as the host has announced, in the order they come. One reader. */
export class RestoreFeed implements AsyncIterable<StateChunk> {
  private readonly credit: CreditWindow
  private readonly arrived: { readonly chunk: StateChunk; readonly bytes: number }[] = []
  /** Chunks that have not come. */
  private expected: number
  private changed = Promise.withResolvers<void>()
  private failure: Error | undefined

  constructor(chunks: number, credit: CreditWindow) {
    this.expected = chunks
    this.credit = credit
  }

  /** @throws {SluiceError} `STAGE_PROTOCOL` */
  push(chunk: StateChunk, bytes: number): void {
    if (this.expected === 0) throw protocolError('it sent a chunk more than it announced')
    this.credit.spend(bytes)
    this.expected--
    this.arrived.push({ chunk, bytes })
    this.changed.resolve()
  }

  /** The host is gone: no chunk will come. */
  fail(error: Error): void {
    this.failure = error
    this.changed.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StateChunk> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure
      const next = this.arrived.shift()
      if (next !== undefined) {
        yield next.chunk
        this.credit.taken(next.bytes)
      } else if (this.expected === 0) return
      else {
        await this.changed.promise
        this.changed = Promise.withResolvers()
      }
    }
  }
}
