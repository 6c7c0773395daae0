/** Moments that the processes of a benched job note in one file, for the bench to read. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { env } from 'node:process'

export interface Mark {
  readonly what: 'write' | 'rows' | 'commit'
  /** Milliseconds since the epoch: the processes are on one machine. */
  readonly atMs: number
  readonly epoch: string
  /** Of `write`, the first batch of a writer, and `rows`, as many rows as `markEvery` says, or a multiple of it. */
  readonly subtask?: number
  readonly rows?: number
  /** CPU time that the process has had. */
  readonly cpuMs: number
}

/** The variable that tells a job's processes the file. */
export const MARKS_FILE = 'SLUICE_BENCH_MARKS'

export function mark(what: Mark['what'], fields: Pick<Mark, 'epoch' | 'subtask' | 'rows'>): void {
  const { user, system } = process.cpuUsage()
  const made: Mark = { what, atMs: Date.now(), cpuMs: (user + system) / 1000, ...fields }
  appendFileSync(env[MARKS_FILE]!, `${JSON.stringify(made)}\n`)
}

/** In the order in which they were noted. */
export function readMarks(file: string): readonly Mark[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  // The last line may be half written.
  return lines.slice(0, -1).map((line) => JSON.parse(line))
}
