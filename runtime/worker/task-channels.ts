/** The channels between the tasks of an attempt: within this worker direct ones, to other workers through the data plane. */
import type { ExchangeEdge, Plan, StagePlan } from '../../topology/plan/plan.ts'
import { Channel, type ChannelReader, type ChannelWriter } from '../exchange/channel.ts'
import type { DataSession } from '../exchange/data-plane.ts'
import type { Output } from '../exchange/outputs.ts'
import type { Deployment } from '../protocol/messages.ts'

/** What all channels into one input of a task may hold together, and each of them at least. */
const INPUT_BYTES = 4 << 20
const MIN_CHANNEL_BYTES = 128 << 10

interface Route {
  readonly edge: ExchangeEdge
  /** Of the first channel of the edge: every worker counts them alike, since all compile the same plan. */
  readonly firstChannel: number
  readonly from: StagePlan
  readonly to: StagePlan
}

export class TaskChannels {
  private readonly worker: string
  private readonly placement: Deployment['placement']
  private readonly session: DataSession
  private readonly routes: readonly Route[]
  private readonly direct = new Map<number, Channel>()
  private readonly peers = new Map<string, Awaited<ReturnType<DataSession['connect']>>>()
  private readonly writers: ChannelWriter[] = []

  constructor(plan: Plan, worker: string, placement: Deployment['placement'], session: DataSession) {
    this.worker = worker
    this.placement = placement
    this.session = session
    this.routes = routesOf(plan)
  }

  /** By input of the stage: a channel from each subtask before it. Others may send from now on. */
  inputs(stage: StagePlan, subtask: number): readonly (readonly ChannelReader[])[] {
    return stage.inputs.map((edge) => {
      const route = this.route(edge)
      return sendersOf(route, subtask).map((sender) => {
        const channel = channelOf(route, sender, subtask)
        return this.workerOf(route.from, sender) === this.worker
          ? this.directChannel(channel, capacityOf(route))
          : this.session.receive(channel, capacityOf(route))
      })
    })
  }

  /** The workers that tasks of this worker send to. */
  receivers(): ReadonlySet<string> {
    const workers = new Set<string>()
    for (const route of this.routes) {
      for (let sender = 0; sender < route.from.parallelism; sender++) {
        if (this.workerOf(route.from, sender) !== this.worker) continue
        for (const receiver of receiversOf(route, sender)) workers.add(this.workerOf(route.to, receiver))
      }
    }
    workers.delete(this.worker)
    return workers
  }

  async connect(worker: string, address: string): Promise<void> {
    this.peers.set(worker, await this.session.connect(worker, address))
  }

  /** After all of `receivers` are connected. */
  outputs(stage: StagePlan, subtask: number): readonly Output[] {
    return stage.outputs.map((edge) => {
      const route = this.route(edge)
      const writers = receiversOf(route, subtask).map((receiver) => this.writer(route, subtask, receiver))
      this.writers.push(...writers)
      return { edge, writers }
    })
  }

  /** The attempt ends: nobody shall wait for credit. */
  release(): void {
    for (const writer of this.writers) writer.release()
  }

  private writer(route: Route, sender: number, receiver: number): ChannelWriter {
    const channel = channelOf(route, sender, receiver)
    const worker = this.workerOf(route.to, receiver)
    if (worker === this.worker) return this.directChannel(channel, capacityOf(route))
    return this.peers.get(worker)!.writer(channel, capacityOf(route))
  }

  private directChannel(id: number, capacityBytes: number): Channel {
    let channel = this.direct.get(id)
    if (channel === undefined) {
      channel = new Channel({ capacityBytes })
      this.direct.set(id, channel)
    }
    return channel
  }

  private route(edge: ExchangeEdge): Route {
    return this.routes.find((route) => route.edge === edge)!
  }

  private workerOf(stage: StagePlan, subtask: number): string {
    return this.placement[stage.id]![subtask]!
  }
}

function routesOf(plan: Plan): readonly Route[] {
  const stages = new Map(plan.stages.map((stage) => [stage.id, stage]))
  let firstChannel = 0
  return plan.stages.flatMap((from) =>
    from.outputs.map((edge) => {
      const route = { edge, firstChannel, from, to: stages.get(edge.toStage)! }
      firstChannel += from.parallelism * route.to.parallelism
      return route
    }),
  )
}

function channelOf({ firstChannel, to }: Route, sender: number, receiver: number): number {
  return firstChannel + sender * to.parallelism + receiver
}

function sendersOf({ edge, from }: Route, receiver: number): readonly number[] {
  return edge.partitioning === 'forward' ? [receiver] : Array.from({ length: from.parallelism }, (_, index) => index)
}

function receiversOf({ edge, to }: Route, sender: number): readonly number[] {
  return edge.partitioning === 'forward' ? [sender] : Array.from({ length: to.parallelism }, (_, index) => index)
}

function capacityOf({ edge, from }: Route): number {
  return edge.partitioning === 'forward'
    ? INPUT_BYTES
    : Math.max(MIN_CHANNEL_BYTES, Math.floor(INPUT_BYTES / from.parallelism))
}
