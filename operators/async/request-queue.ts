/** The order in which answers go out: that of their requests, or as they come between two watermarks. */
import type { Idle, Watermark } from '../../topology/element.ts'
import type { Request } from './request.ts'

/** What may not overtake the requests before it. */
export type Control = Watermark | Idle

export interface RequestQueue {
  add(item: Request | Control): void
  /** The request has its answer. */
  answered(request: Request): void
  /** What may go out next, taken from the queue. */
  take(): Request | Control | undefined
  readonly isEmpty: boolean
  /** Those that have not been taken, in an order in which they may be asked again. */
  requests(): Iterable<Request>
}

/** Answers wait for those before them. */
export class OrderedQueue implements RequestQueue {
  private readonly items: (Request | Control)[] = []

  add(item: Request | Control): void {
    this.items.push(item)
  }

  answered(): void {}

  take(): Request | Control | undefined {
    const first = this.items[0]
    if (first === undefined || (isRequest(first) && first.answer === undefined)) return undefined
    return this.items.shift()
  }

  get isEmpty(): boolean {
    return this.items.length === 0
  }

  *requests(): Iterable<Request> {
    for (const item of this.items) if (isRequest(item)) yield item
  }
}

/** Requests between two control elements. */
interface Segment {
  readonly waiting: Set<Request>
  readonly answered: Request[]
  /** What closes it. */
  control: Control | undefined
}

/**
 * Answers go out as they come, but never across a control element: those of the first segment until it has no more, then
 * what closes it.
 *
 * @see https://github.com/apache/flink/blob/release-2.1/flink-runtime/src/main/java/org/apache/flink/streaming/api/operators/async/queue/UnorderedStreamElementQueue.java
 */
export class UnorderedQueue implements RequestQueue {
  private readonly segments: Segment[] = [newSegment()]
  private readonly segmentOf = new Map<Request, Segment>()

  add(item: Request | Control): void {
    const last = this.segments.at(-1)!
    if (isRequest(item)) {
      last.waiting.add(item)
      this.segmentOf.set(item, last)
    } else {
      last.control = item
      this.segments.push(newSegment())
    }
  }

  answered(request: Request): void {
    const segment = this.segmentOf.get(request)!
    segment.waiting.delete(request)
    segment.answered.push(request)
  }

  take(): Request | Control | undefined {
    const segment = this.segments[0]!
    const request = segment.answered.shift()
    if (request !== undefined) {
      this.segmentOf.delete(request)
      return request
    }
    if (segment.waiting.size > 0 || segment.control === undefined) return undefined
    this.segments.shift()
    return segment.control
  }

  get isEmpty(): boolean {
    return this.segmentOf.size === 0 && this.segments.length === 1
  }

  *requests(): Iterable<Request> {
    yield* this.segmentOf.keys()
  }
}

export function isRequest(item: Request | Control): item is Request {
  return 'record' in item
}

function newSegment(): Segment {
  return { waiting: new Set(), answered: [], control: undefined }
}
