/** An asynchronous function whose calls a test answers, one by one and in any order. */
import type { AsyncCall } from '../../operators/index.ts'

export interface OpenCall<I, O> {
  readonly input: I
  readonly signal: AbortSignal
  readonly answer: (output: O) => void
  readonly fail: (error: unknown) => void
}

export class OpenCalls<I, O> {
  /** All there have been, in order. */
  readonly inputs: I[] = []
  /** Those without an answer. */
  readonly open: OpenCall<I, O>[] = []

  /** To be given to whoever calls. */
  readonly fn = (input: I, { signal }: AsyncCall): Promise<O> => {
    const { promise, resolve, reject } = Promise.withResolvers<O>()
    const leave = () => {
      const at = this.open.indexOf(call)
      if (at >= 0) this.open.splice(at, 1)
    }
    const call: OpenCall<I, O> = {
      input,
      signal,
      answer: (output) => {
        leave()
        resolve(output)
      },
      fail: (error) => {
        leave()
        reject(error)
      },
    }
    this.inputs.push(input)
    this.open.push(call)
    return promise
  }

  /** The open call of an input. */
  of(input: I): OpenCall<I, O> {
    const call = this.open.find((each) => each.input === input)
    if (call === undefined) throw new Error(`there is no open call of ${String(input)}`)
    return call
  }
}
