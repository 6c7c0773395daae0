/** Merges the control elements of a node's inputs: the watermark is their minimum, the end the last of them. */
import { type Element, MAX_WATERMARK_MS, MIN_WATERMARK_MS } from '../../topology/element.ts'

/**
 * One per node or input gate. With one input everything passes as it is. With several, a watermark goes on when the
 * minimum over the inputs that are neither idle nor ended has grown, idleness when all are idle, the end after the last.
 * What is said of a split passes as it is too: it is the source that speaks, whichever branch the words come by.
 */
export class NodeInputs {
  private readonly deliver: (element: Element, input: number) => void
  private readonly watermarksMs: number[]
  private readonly idle: boolean[]
  private readonly ended: boolean[]
  private mergedMs: number

  constructor(inputs: number, restoredMs: number, deliver: (element: Element, input: number) => void) {
    this.deliver = deliver
    this.watermarksMs = new Array<number>(inputs).fill(MIN_WATERMARK_MS)
    this.idle = new Array<boolean>(inputs).fill(false)
    this.ended = new Array<boolean>(inputs).fill(false)
    this.mergedMs = restoredMs
  }

  receive(element: Element, input: number): void {
    if (this.watermarksMs.length === 1 || isOfSplit(element)) {
      this.deliver(element, input)
      return
    }
    switch (element.kind) {
      case 'batch':
        this.idle[input] = false
        this.deliver(element, input)
        break
      case 'watermark':
        this.idle[input] = false
        this.watermarksMs[input] = Math.max(this.watermarksMs[input]!, element.timestampMs)
        this.advance(input)
        break
      case 'idle':
        this.idle[input] = true
        if (this.idle.every((idle, index) => idle || this.ended[index])) this.deliver(element, input)
        else this.advance(input)
        break
      case 'end':
        this.ended[input] = true
        if (this.ended.every(Boolean)) this.deliver(element, input)
        else this.advance(input)
        break
      case 'barrier':
        this.deliver(element, input)
        break
    }
  }

  private advance(input: number): void {
    let minimumMs = MAX_WATERMARK_MS
    let active = false
    for (const [index, watermarkMs] of this.watermarksMs.entries()) {
      if (this.idle[index] || (this.ended[index] && watermarkMs !== MAX_WATERMARK_MS)) continue
      active = true
      minimumMs = Math.min(minimumMs, watermarkMs)
    }
    if (!active || minimumMs <= this.mergedMs) return
    this.mergedMs = minimumMs
    this.deliver({ kind: 'watermark', timestampMs: minimumMs }, input)
  }
}

/** Whether a watermark or idleness is that of a split: said inside the source's chain, and to nobody beyond it. */
export function isOfSplit(element: Element): boolean {
  return (element.kind === 'watermark' || element.kind === 'idle') && element.split !== undefined
}
