/** A source that does what a script says, and leaves a file where the test has to act: see {@link scriptedSource}. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source, SourceReader, SourceRecord, SplitState } from '../../../topology/contract/source.ts'
import { Batch } from '../../../topology/element.ts'
import { type Item, inputsOf, type Step } from './script.ts'

/** The least watermark that a script may hold, and more than any of its times, negative: milliseconds. */
export const OUT_OF_ORDERNESS_MS = 3_600_000
/** The key of a record that only brings the watermark on, and never reaches the operator. */
export const TICK = 'tick'

/** What it reads. */
export interface Fed {
  /** The input of the operator that it is for. */
  readonly input: number
  readonly item: Item
}

export interface ScriptedSourceOptions {
  readonly steps: readonly Step[]
  /** How many inputs the operator has. */
  readonly inputs: number
  /** Where it leaves word. */
  readonly directory: string
}

/**
 * One split, a step a poll. Before its first step, and at a barrier or a restart, it waits until a checkpoint is complete;
 * at these and at the end it makes the file `at-<step>` in `directory`. Behind the first checkpoint every task knows of
 * every other whether it is idle: what is late does not depend on who started first.
 */
export function scriptedSource(options: ScriptedSourceOptions): Source {
  return {
    async discoverSplits({ until }) {
      const split = { id: 'script', index: 0, start: 0 }
      return [until === 'latest' ? { ...split, stop: options.steps.length } : split]
    },
    createReader: () => new ScriptedReader(options),
    async close() {},
  }
}

class ScriptedReader implements SourceReader {
  private readonly options: ScriptedSourceOptions
  private split: SplitState | undefined
  private position = 0
  private announced = -1
  /** Until a checkpoint is complete. */
  private held = true
  /** Nothing more is at hand behind a step: what it brings goes on before the next, and is not put together with it. */
  private rests = false
  private wake: (() => void) | undefined

  constructor(options: ScriptedSourceOptions) {
    this.options = options
  }

  async assign([split]: readonly SplitState[]): Promise<void> {
    this.split = split
    this.position = Number(split?.position ?? 0)
  }

  poll(): Batch<SourceRecord> | undefined {
    if (this.split === undefined || this.held) return undefined
    if (this.rests) {
      this.rests = false
      return undefined
    }
    const step = this.options.steps[this.position]
    if (step === undefined || isCheckpoint(step)) {
      this.announce()
      return undefined
    }
    this.position++
    this.rests = true
    if ('error' in step) throw new Error(step.error)
    const items = itemsOf(step)
    const fed = inputsOf(step, this.options.inputs).flatMap((input) => items.map((item): Fed => ({ input, item })))
    return new Batch(fed, { split: 0 }) as unknown as Batch<SourceRecord>
  }

  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.split !== undefined && !this.held && this.hasStep()) return Promise.resolve()
    return new Promise((resolve) => {
      this.wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  atEnd(): boolean {
    return !this.held && this.split?.stop !== undefined && this.position >= Number(this.split.stop)
  }

  snapshot(): readonly SplitState[] {
    if (this.split === undefined) return []
    const step = this.options.steps[this.position]
    if (step !== undefined && isCheckpoint(step)) {
      this.position++
      this.held = true
    }
    return [{ ...this.split, position: this.position }]
  }

  checkpointComplete(): void {
    this.held = false
    this.wake?.()
  }

  async close(): Promise<void> {}

  private hasStep(): boolean {
    const step = this.options.steps[this.position]
    return step !== undefined && !isCheckpoint(step)
  }

  private announce(): void {
    if (this.announced === this.position) return
    this.announced = this.position
    writeFileSync(join(this.options.directory, `at-${this.position}`), '')
  }
}

export function isCheckpoint(step: Step): boolean {
  return 'barrier' in step || 'restart' in step
}

function itemsOf(step: Exclude<Step, { error: string }>): readonly Item[] {
  if ('rows' in step) return step.rows.map(([key, atMs, n]) => ({ key: key as string, n, at: BigInt(atMs) * 1000n }))
  if ('watermark' in step) {
    // The watermark is the greatest event time less what is out of order, less a millisecond.
    return [{ key: TICK, n: 0, at: BigInt(step.watermark + OUT_OF_ORDERNESS_MS + 1) * 1000n }]
  }
  return []
}
