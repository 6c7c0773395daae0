/** The clock of a stage whose host says what time it is. */
import type { Clock } from '../../topology/contract/clock.ts'

/** Processing time stands still between two words of the host. Measuring, and timers of connectors, go by the machine's. */
export class HostClock implements Clock {
  private readonly machine: Clock
  private toldMs: number

  constructor(machine: Clock, nowMs: number) {
    this.machine = machine
    this.toldMs = nowMs
  }

  tell(nowMs: number): void {
    this.toldMs = nowMs
  }

  nowMs(): number {
    return this.toldMs
  }

  monotonicMs(): number {
    return this.machine.monotonicMs()
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    return this.machine.schedule(delayMs, callback)
  }

  turn(): Promise<void> {
    return this.machine.turn()
  }
}
