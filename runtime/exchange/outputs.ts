/** The outputs of a task: a partitioner and its channels for each edge that leaves the stage. */
import type { Element } from '../../topology/element.ts'
import type { ExchangeEdge } from '../../topology/plan/plan.ts'
import type { ChannelWriter } from './channel.ts'
import { createPartitioner, type Partitioner } from './partitioner.ts'

export interface Output {
  readonly edge: ExchangeEdge
  /** By subtask of the reading stage; of a forward edge, the one of the same subtask. */
  readonly writers: readonly ChannelWriter[]
}

export class Outputs {
  private readonly outputs: readonly { readonly writers: readonly ChannelWriter[]; readonly send: Partitioner }[]
  private readonly writers: readonly ChannelWriter[]

  constructor(outputs: readonly Output[], { keyGroups, subtask }: { keyGroups: number; subtask: number }) {
    this.outputs = outputs.map(({ edge, writers }) => ({
      writers,
      send: createPartitioner(edge, writers, keyGroups, subtask),
    }))
    this.writers = outputs.flatMap(({ writers }) => writers)
  }

  emit(output: number, element: Element): void {
    const { writers, send } = this.outputs[output]!
    if (element.kind === 'batch') send(element)
    else for (const writer of writers) writer.send(element)
  }

  broadcast(element: Element): void {
    for (const writer of this.writers) writer.send(element)
  }

  /** A promise while some channel has no credit: the task must not take another batch before it resolves. */
  credit(): Promise<unknown> | undefined {
    for (const writer of this.writers) {
      if (!writer.hasCredit) return Promise.all(this.writers.map((each) => each.credit()))
    }
    return undefined
  }

  /** Elements that have not left. */
  get length(): number {
    let length = 0
    for (const writer of this.writers) length += writer.length
    return length
  }

  /** Bytes of all batches that were sent. */
  get sentBytes(): number {
    let bytes = 0
    for (const writer of this.writers) bytes += writer.sentBytes
    return bytes
  }
}
