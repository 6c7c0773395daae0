/** The processes of a job that writes its roll (see process-roll.ts), and how far its readers say they have read. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../../runtime/checkpoint/manifest.ts'
import { isAlive } from './process-state.ts'

export class JobProcesses {
  private readonly rollFile: string
  private readonly positionsFile: string

  /** @param directory where the two files are kept */
  constructor(directory: string) {
    this.rollFile = join(directory, 'roll')
    this.positionsFile = join(directory, 'positions')
  }

  /** For processes that load process-roll.ts and paced-reader.ts. */
  get env(): Readonly<Record<string, string>> {
    return { SLUICE_TEST_ROLL: this.rollFile, SLUICE_TEST_POSITIONS: this.positionsFile }
  }

  /** All that a coordinator has ever had and that are alive. */
  workersOf(coordinator: number): readonly number[] {
    return linesOf(this.rollFile)
      .filter(([, parent]) => Number(parent) === coordinator)
      .map(([pid]) => Number(pid))
      .filter(isAlive)
  }

  /**
   * How far readers were at a moment, in the attempt that began last, if that was after another moment, beyond what a
   * checkpoint has: positions of all splits together.
   */
  readBeyond(manifest: Manifest | undefined, sinceMs: number, atMs: number): number {
    const read = this.readBetween(sinceMs, atMs)
    let positions = 0n
    for (const { id, position } of Object.values(manifest?.sources ?? {}).flat()) {
      const beyond = (read.get(id) ?? 0n) - BigInt(position as string | number)
      if (beyond > 0n) positions += beyond
    }
    return Number(positions)
  }

  /** By split. */
  private readBetween(sinceMs: number, atMs: number): ReadonlyMap<string, bigint> {
    const positions = new Map<string, bigint>()
    for (const [notedAt, what, split, position] of linesOf(this.positionsFile)) {
      const notedAtMs = Number(notedAt)
      if (notedAtMs <= sinceMs || notedAtMs > atMs) continue
      // What a worker still read that had not heard yet of the end of its attempt does not count.
      if (what === 'begins' || positions.has(split!)) positions.set(split!, BigInt(position!))
    }
    return positions
  }
}

function linesOf(file: string): string[][] {
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  // What follows the last line break is being written.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
}
