/**
 * A world for the sink in which one seed decides everything: which of all that is under way goes on next, which request is
 * lost, late or has no answer, who is killed, stopped and let go on.
 */
import { seededRandom } from '../../../../jobs/medallion/simulator/random.ts'
import type { FileIO } from '../../../../topology/contract/file-io.ts'
import { ConnectionLost, type FakeNetwork } from '../../../support/fake-kafka/network.ts'
import { FakeKafka } from '../../../support/fake-kafka.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** The end of a process, where it stood: nothing that it does afterwards reaches anybody. */
export class Killed extends Error {}

export interface StormProcess {
  readonly name: string
  state: 'running' | 'stopped' | 'dead'
  resumed: (() => void)[]
}

/** What goes on happens within so much virtual time, or the run has hung. */
const MAX_IDLE_STEPS = 2_000
const IDLE_MS = 500

export class StormWorld {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 1))
  readonly kafka: FakeKafka
  readonly counts: Record<string, number> = {}
  readonly processes: StormProcess[] = []
  /** Nothing goes wrong any more. */
  isCalm = false
  private readonly random: () => number
  private ready: (() => void)[] = []

  constructor(seed: number) {
    this.random = seededRandom(`storm ${seed}`)
    this.kafka = new FakeKafka({ clock: this.clock, carry: this.carry })
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  /** From `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  start(name: string): StormProcess {
    const process: StormProcess = { name, state: 'running', resumed: [] }
    this.processes.push(process)
    return process
  }

  kill(process: StormProcess): void {
    process.state = 'dead'
    process.resumed = []
  }

  stop(process: StormProcess): void {
    if (process.state === 'running') process.state = 'stopped'
  }

  resume(process: StormProcess): void {
    if (process.state !== 'stopped') return
    process.state = 'running'
    const { resumed } = process
    process.resumed = []
    for (const resolve of resumed) resolve()
  }

  /** Lets one of all that is under way go on, until `isOver` and nothing is. @throws when nothing gets on any more */
  async run(isOver: () => boolean, onStep: () => void): Promise<void> {
    for (let idle = 0; ; ) {
      await this.clock.turn()
      if (this.ready.length === 0 && isOver()) return
      if (this.ready.length === 0) {
        if (++idle > MAX_IDLE_STEPS) throw new Error('nothing goes on any more')
        this.clock.advance(IDLE_MS)
      } else {
        idle = 0
        const [step] = this.ready.splice(this.between(0, this.ready.length - 1), 1)
        step!()
      }
      onStep()
    }
  }

  /** Resolves when it is this one's turn; never for the dead. */
  async turn(process?: StormProcess): Promise<void> {
    await new Promise<void>((resolve) => {
      this.ready.push(resolve)
    })
    if (process?.state === 'stopped') await new Promise<void>((resolve) => void process.resumed.push(resolve))
    if (process?.state === 'dead') await new Promise(() => {})
  }

  /** Files as a process reaches them. */
  files(files: FileIO, process: StormProcess): FileIO {
    const step = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.turn(process)
      const result = await work()
      await this.turn(process)
      return result
    }
    return {
      read: (location, range) => step(() => files.read(location, range)),
      write: (location, bytes) => step(() => files.write(location, bytes)),
      create: (location, bytes) => step(() => files.create(location, bytes)),
      delete: (location) => step(() => files.delete(location)),
      list: (prefix) => files.list(prefix),
      close: () => files.close(),
    }
  }

  private readonly carry: FakeNetwork = async (request, arrive) => {
    const process = this.processes.find(({ name }) => name === request.client)
    await this.turn(process)
    if (process !== undefined && !this.isCalm) {
      if (this.chance(0.01)) {
        this.count(`${request.kind}: lost`)
        throw new ConnectionLost()
      }
      if (this.chance(0.01)) {
        this.count(`${request.kind}: late`)
        this.later(arrive)
        throw new ConnectionLost()
      }
    }
    const reply = arrive()
    if (process !== undefined && !this.isCalm && this.chance(0.02)) {
      this.count(`${request.kind}: reply lost`)
      await this.turn(process)
      throw new ConnectionLost()
    }
    await this.turn(process)
    return reply
  }

  /** The request was on its way when its sender gave it up. */
  private later(arrive: () => unknown): void {
    const wait = async () => {
      for (let turns = this.between(1, 30); turns > 0; turns--) await this.turn()
      arrive()
    }
    // The broker refuses what comes too late.
    wait().catch(() => {})
  }
}
