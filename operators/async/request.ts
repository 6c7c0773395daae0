/** A record whose answer is waited for. */
import type { Batch } from '../../topology/element.ts'

/** What a batch says of the record, but for its key, which the result may not have. */
export interface RequestPlace {
  readonly timestampMs: number | undefined
  readonly split: number | undefined
  readonly origin: string | undefined
  /** Where its batch is keyed: the subtask that has this key group is to answer it. */
  readonly keyGroup: number | undefined
}

export type Answer =
  | { readonly type: 'result'; readonly row: unknown }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'timeout' }

export class Request implements AsyncCall {
  readonly record: unknown
  readonly place: RequestPlace
  /** By the clock, milliseconds since the epoch; once it has been asked. */
  deadlineMs = Number.POSITIVE_INFINITY
  answer: Answer | undefined
  private controller: AbortController | undefined

  constructor(record: unknown, place: RequestPlace) {
    this.record = record
    this.place = place
  }

  /** Made when somebody first asks: most functions never do. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  }

  abort(reason: unknown): void {
    this.controller?.abort(reason)
  }
}

/** What the function of an asyncMap is told beside the record. */
export interface AsyncCall {
  /** Aborts when nobody waits for the answer any more: its time is over, or the job's attempt is. */
  readonly signal: AbortSignal
}

export function requestsOf({ values, timestampsMs, keyGroups, split, origin }: Batch): Request[] {
  return values.map(
    (record, row) =>
      new Request(record, {
        timestampMs: timestampsMs?.[row],
        split,
        origin,
        keyGroup: keyGroups?.[row],
      }),
  )
}
