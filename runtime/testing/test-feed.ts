/** What a test gives the sources of its job: dealt out to their subtasks, and kept, to be read again after a crash. */
import type { SplitState } from '../../topology/contract/source.ts'
import { type Element, MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { EndpointSource } from '../../topology/endpoint.ts'
import type { Node } from '../../topology/graph.ts'
import { serializerOf } from '../../topology/serde.ts'
import type { Topic } from '../../topology/topic.ts'
import type { Manifest } from '../checkpoint/manifest.ts'
import { jsonSerdes } from './json-serdes.ts'
import { notFound } from './not-found.ts'
import type { TestRun } from './test-run.ts'
import { TestSource } from './test-source.ts'

export interface TestFeedOptions {
  /** How many splits each source has, or those that are named have; 'untold' when they shall not name them. */
  readonly splits: number | Readonly<Record<string, number>> | 'untold'
  /** By source uid: where the checkpoint that the test begins with has got to. */
  readonly positions: Manifest['sources']
  readonly nowMs: () => number
}

type Given =
  | { readonly source: string; readonly element: Element }
  /** Time has been brought on behind what assigns it. */
  | { readonly source: string; readonly advanceMs: number }

export class TestFeed {
  private readonly options: TestFeedOptions
  /** By source and split: how many records there have been. */
  private readonly read = new Map<string, Map<number, number>>()
  private readonly given: Given[] = []
  private run!: TestRun

  constructor(options: TestFeedOptions) {
    this.options = options
  }

  /** How much has been given so far. */
  get length(): number {
    return this.given.length
  }

  /** The names of the job's sources. */
  get names(): readonly string[] {
    return this.run.sources.map(sourceName)
  }

  /** @throws {SluiceError} `TEST_SOURCE_NOT_FOUND` */
  source(name: string, declared: Topic<any> | EndpointSource<any> | undefined): TestSource<any> {
    const node = this.node(name)
    const isBytes = node.behaviour.type === 'source' && node.behaviour.source.kind !== 'custom'
    return new TestSource({
      name,
      encode: isBytes ? encoderOf(declared) : undefined,
      positions: this.positionsOf(node),
      push: (element) => this.give({ source: name, element }),
      advance: (advanceMs) => {
        this.give({ source: name, element: { kind: 'watermark', timestampMs: advanceMs } })
        this.give({ source: name, advanceMs })
      },
      nowMs: this.options.nowMs,
    })
  }

  /** An attempt begins: its sources tell of their splits. */
  begin(run: TestRun): void {
    this.run = run
    run.resumeTime()
    for (const node of run.sources) {
      for (let split = 0; split < (this.splitsOf(node) ?? 0); split++) {
        this.deliver(node, { kind: 'watermark', timestampMs: MIN_WATERMARK_MS, split })
      }
      this.leaveOutSplitless(node)
    }
    run.attempt.run()
  }

  /** Forgets what has been given from the `length`-th on, and returns it. */
  truncate(length: number): readonly Given[] {
    return this.given.splice(length)
  }

  /** Gives it again, to those sources that are still there. */
  replay(given: readonly Given[]): void {
    for (const each of given) if (this.names.includes(each.source)) this.give(each)
  }

  /** How far each source has been read, by its uid. */
  positions(): ReadonlyMap<string, readonly SplitState[]> {
    return new Map(
      this.run.sources.map((node) => {
        const splits = Array.from(this.positionsOf(node), ([index, position]) => ({
          id: String(index),
          index,
          start: 0,
          position,
        }))
        return [node.id, splits] as const
      }),
    )
  }

  private positionsOf(node: Node): Map<number, number> {
    const name = sourceName(node)
    let positions = this.read.get(name)
    if (positions === undefined) {
      const restored = this.options.positions[node.id] ?? []
      positions = new Map(restored.map(({ index, position }) => [index, Number(position)]))
      this.read.set(name, positions)
    }
    return positions
  }

  private give(given: Given): void {
    const { attempt, assigners, readers } = this.run
    attempt.rethrow()
    this.given.push(given)
    const node = this.node(given.source)
    if ('element' in given) this.deliver(node, given.element)
    else {
      const behind = readers(node)
      for (const [uid, times] of assigners) {
        if (behind.has(uid)) for (const time of times) time.advance(given.advanceMs)
      }
      this.leaveOutSplitless(node)
    }
    attempt.run()
  }

  /** What is of a split, and rows, to the subtask that reads it; the rest to all. */
  private deliver(node: Node, element: Element): void {
    const { attempt } = this.run
    const subtasks = attempt.subtasksOf(node.id)
    const split = 'split' in element ? element.split : undefined
    if (split !== undefined || element.kind === 'batch') attempt.push(node.id, (split ?? 0) % subtasks, 0, element)
    else for (let subtask = 0; subtask < subtasks; subtask++) attempt.push(node.id, subtask, 0, element)
  }

  /** As in a running job: whoever has no split to read holds nobody back. */
  private leaveOutSplitless(node: Node): void {
    const { attempt } = this.run
    const subtasks = attempt.subtasksOf(node.id)
    for (let subtask = this.splitsOf(node) ?? subtasks; subtask < subtasks; subtask++) {
      attempt.push(node.id, subtask, 0, { kind: 'idle' })
    }
  }

  /** Undefined when nothing is told of splits. */
  private splitsOf(node: Node): number | undefined {
    const { splits } = this.options
    if (splits === 'untold') return undefined
    return typeof splits === 'number' ? splits : (splits[sourceName(node)] ?? 1)
  }

  private node(name: string): Node {
    const node = this.run.sources.find((each) => sourceName(each) === name)
    if (node === undefined) throw notFound('source', name, this.names)
    return node
  }
}

function sourceName({ behaviour }: Node): string {
  return behaviour.type === 'source' ? behaviour.source.name : ''
}

function encoderOf(declared: Topic<any> | EndpointSource<any> | undefined): (row: unknown) => Uint8Array {
  if (declared === undefined) return (row) => Buffer.from(JSON.stringify(row))
  const serializer = serializerOf(declared, jsonSerdes)
  return (row) => serializer.encode(row)
}
