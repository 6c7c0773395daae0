/** A process of the simulation: its clock, and what it waits for. Killed, it never runs again; stopped, not for a while. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { World } from './world.ts'

/** How far wall clocks of two machines may be apart, milliseconds. */
const SKEW_MS = 300
/** Where wall clocks begin. */
const EPOCH_MS = Date.UTC(2026, 0, 1)

export class SimulatedProcess {
  readonly name: string
  readonly pid: number
  readonly world: World
  readonly clock: Clock
  state: 'running' | 'stopped' | 'dead' = 'running'
  /** Called when it dies, with how. */
  readonly onDeath: ((how: string) => void)[] = []
  private readonly heldBack: { readonly run: () => void; readonly isCancelled: () => boolean }[] = []

  constructor(world: World, name: string, pid: number) {
    this.world = world
    this.name = name
    this.pid = pid
    const offsetMs = EPOCH_MS + Math.round(world.between(-SKEW_MS, SKEW_MS))
    const startedMs = world.nowMs
    this.clock = {
      nowMs: () => Math.floor(world.nowMs + offsetMs),
      monotonicMs: () => world.nowMs - startedMs,
      schedule: (delayMs, callback) => this.schedule(delayMs, callback),
      turn: () => new Promise((resolve) => this.schedule(0, resolve)),
    }
  }

  schedule(delayMs: number, run: () => void): Disposable {
    return this.world.schedule(delayMs, run, this)
  }

  /** SIGKILL, or the end of its main. */
  end(how: string): void {
    if (this.state === 'dead') return
    this.world.note(this.name, () => `is gone: ${how}`)
    this.state = 'dead'
    this.heldBack.length = 0
    for (const listener of this.onDeath) listener(how)
  }

  /** SIGSTOP: what is meant for it waits. SIGCONT after a while: what has come meanwhile comes then, in its order. */
  stopFor(durationMs: number): void {
    if (this.state !== 'running') return
    this.world.note(this.name, () => `is stopped for ${Math.round(durationMs)} ms`)
    this.state = 'stopped'
    this.world.schedule(durationMs, () => this.continue())
  }

  private continue(): void {
    if (this.state !== 'stopped') return
    this.world.note(this.name, () => `goes on, with ${this.heldBack.length} events held back`)
    this.state = 'running'
    for (const { run, isCancelled } of this.heldBack.splice(0)) {
      this.schedule(0, () => {
        if (!isCancelled()) run()
      })
    }
  }

  holdBack(run: () => void, isCancelled: () => boolean): void {
    this.heldBack.push({ run, isCancelled })
  }
}
