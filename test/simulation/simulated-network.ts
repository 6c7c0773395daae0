/** The network between the processes of a simulation: connections that are slow, that stall, and that break. */
import type { FrameConnection, Listener, Transport } from '../../runtime/transport/transport.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Climate } from './weather.ts'
import type { World } from './world.ts'

const LATENCY_MS = { least: 0.05, most: 3 }

export class SimulatedNetwork {
  readonly world: World
  readonly climate: Climate
  /** Those that are whole, by their connecting end. */
  readonly connections = new Set<SimulatedConnection>()
  private readonly listeners = new Map<string, { process: SimulatedProcess; accept: (end: FrameConnection) => void }>()
  private addresses = 0

  constructor(world: World, climate: Climate) {
    this.world = world
    this.climate = climate
  }

  /** The network as a process sees it. */
  transportOf(process: SimulatedProcess): Transport {
    return {
      listen: async (accept) => this.listen(process, accept),
      connect: (address) => this.connect(process, address),
    }
  }

  private listen(process: SimulatedProcess, accept: (end: FrameConnection) => void): Listener {
    const address = `sim:${++this.addresses}`
    this.listeners.set(address, { process, accept })
    process.onDeath.push(() => this.listeners.delete(address))
    return { address, close: async () => void this.listeners.delete(address) }
  }

  private connect(process: SimulatedProcess, address: string): Promise<FrameConnection> {
    const { world } = this
    return new Promise((resolve, reject) => {
      world.schedule(this.latencyMs(), () => {
        const listener = this.listeners.get(address)
        if (process.state === 'dead') return
        if (listener === undefined || world.chance(this.climate.weather.refuses)) {
          const error = new SluiceError('CONNECT_FAILED', `nobody listens at ${address}`)
          process.schedule(this.latencyMs(), () => reject(error))
          return
        }
        const ours = new SimulatedConnection(this, process)
        const theirs = new SimulatedConnection(this, listener.process)
        ours.peer = theirs
        theirs.peer = ours
        this.connections.add(ours)
        process.onDeath.push(() => ours.ownerDied())
        listener.process.onDeath.push(() => theirs.ownerDied())
        listener.process.schedule(0, () => listener.accept(theirs))
        process.schedule(this.latencyMs(), () => resolve(ours))
      })
    })
  }

  latencyMs(): number {
    return this.world.between(LATENCY_MS.least, LATENCY_MS.most)
  }
}

/** One end. */
export class SimulatedConnection implements FrameConnection {
  peer!: SimulatedConnection
  readonly owner: SimulatedProcess
  private readonly network: SimulatedNetwork
  /** Closed: by this end, which hears nothing more. */
  private state: 'whole' | 'ended' | 'closed' | 'broken' = 'whole'
  private waiting: Uint8Array[] = []
  private frameListener: ((frame: Uint8Array) => void) | undefined
  private closeListener: ((error: Error | undefined) => void) | undefined
  private failure: Error | undefined
  private hasEnded = false
  /** Frames keep their order: none arrives before this. */
  private lastArrivalMs = 0

  constructor(network: SimulatedNetwork, owner: SimulatedProcess) {
    this.network = network
    this.owner = owner
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.state !== 'whole') return
    const frame = Buffer.concat(parts)
    const { world } = this.network
    world.note(this.owner.name, () => `→ ${this.peer.owner.name}: ${describeFrame(frame)}`)
    this.reach(this.network.latencyMs(), () => this.peer.arrive(frame))
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.frameListener = listener
    if (this.waiting.length === 0) return
    this.owner.schedule(0, () => {
      for (const frame of this.waiting.splice(0)) if (this.state !== 'closed') listener(frame)
      this.tellEnded()
    })
  }

  onClose(listener: (error: Error | undefined) => void): void {
    this.closeListener = listener
    if (this.hasEnded) this.owner.schedule(0, () => this.tellEnded())
  }

  close(): void {
    if (this.state !== 'whole') return
    this.state = 'closed'
    this.waiting = []
    this.network.connections.delete(this)
    this.network.connections.delete(this.peer)
    this.reach(this.network.latencyMs(), () => this.peer.ended(undefined))
    this.owner.schedule(this.network.latencyMs(), () => this.ended(undefined))
  }

  /** What is on its way is lost. */
  break(): void {
    for (const end of [this, this.peer]) {
      if (end.state !== 'whole') continue
      end.state = 'broken'
      this.network.connections.delete(end)
      end.owner.schedule(this.network.latencyMs(), () => end.ended(lost(end.peer.owner)))
    }
  }

  /** Nothing gets through for a while. */
  stall(forMs: number): void {
    for (const end of [this, this.peer])
      end.lastArrivalMs = Math.max(end.lastArrivalMs, this.network.world.nowMs + forMs)
  }

  /** What it had sent may still arrive. */
  ownerDied(): void {
    this.network.connections.delete(this)
    this.network.connections.delete(this.peer)
    if (this.state !== 'whole') return
    this.state = 'broken'
    const end = () => this.peer.ended(lost(this.owner))
    if (this.network.world.chance(0.5)) this.reach(this.network.latencyMs(), end)
    else this.peer.owner.schedule(this.network.latencyMs(), end)
  }

  private reach(delayMs: number, run: () => void): void {
    const { world } = this.network
    this.lastArrivalMs = Math.max(world.nowMs + delayMs, this.lastArrivalMs)
    world.scheduleAt(this.lastArrivalMs, run, this.peer.owner)
  }

  private arrive(frame: Uint8Array): void {
    if (this.state !== 'whole') return
    if (this.frameListener === undefined || this.waiting.length > 0) this.waiting.push(frame)
    else this.frameListener(frame)
  }

  private ended(error: Error | undefined): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.failure = error
    if (this.state === 'whole') this.state = error === undefined ? 'ended' : 'broken'
    this.tellEnded()
  }

  private tellEnded(): void {
    if (!this.hasEnded || this.waiting.length > 0) return
    const listener = this.closeListener
    this.closeListener = undefined
    listener?.(this.failure)
  }
}

function lost(peer: SimulatedProcess): SluiceError {
  return new SluiceError('CONNECTION_LOST', `the connection to ${peer.name} broke`)
}

const DATA_KINDS = ['hello', 'batch', 'watermark', 'idle', 'barrier', 'end', 'credit']

/** Control messages are JSON; frames between workers begin with their kind. */
function describeFrame(frame: Buffer): string {
  if (frame[0] !== 0x7b) {
    const kind = DATA_KINDS[frame[0]!]
    const what = kind === 'watermark' ? `${kind} ${frame.readDoubleLE(5)}` : `${kind} of ${frame.length} bytes`
    return `${what} on channel ${frame.readUInt32LE(1)}`
  }
  const message = JSON.parse(frame.toString('utf8')) as Record<string, any>
  const { type, epoch, checkpointId, task, error } = message
  const parts = [type, epoch && `epoch ${epoch}`, checkpointId && `checkpoint ${checkpointId}`]
  if (task !== undefined) parts.push(`${task.stage}#${task.subtask}`)
  if (error !== undefined) parts.push(`${error.code}: ${error.message}`)
  return parts.filter((part) => part !== undefined).join(' ')
}
