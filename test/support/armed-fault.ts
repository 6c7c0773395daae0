/** Arms a fault from outside for processes that run, and waits until one of them has claimed it: see fault-point.ts. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { claimedFaultFile, type FaultPoint } from '../../runtime/fault-point.ts'
import { until } from './run-process.ts'

export interface Claim {
  readonly pid: number
  readonly atMs: number
}

export class ArmedFault {
  /** For `SLUICE_FAULT_FILE`. */
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  arm(name: FaultPoint, action: 'kill' | 'stop'): void {
    rmSync(claimedFaultFile(this.file), { force: true })
    // At once, so that nobody reads half of it.
    writeFileSync(`${this.file}.new`, `${name}=${action}`)
    renameSync(`${this.file}.new`, this.file)
  }

  async claimed(what: string, deadlineMs?: number): Promise<Claim> {
    await until(`${what}: passed by nobody`, () => this.claim() !== undefined, deadlineMs)
    return this.claim()!
  }

  claim(): Claim | undefined {
    let text: string
    try {
      text = readFileSync(claimedFaultFile(this.file), 'utf8')
    } catch {
      return undefined
    }
    const match = / (\d+) (\d+)\n$/.exec(text)
    return match === null ? undefined : { pid: Number(match[1]), atMs: Number(match[2]) }
  }
}
