import { Readable } from 'node:stream'
import { runCli } from '../../../runtime/cli/run-cli.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'

export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Readable | string | Uint8Array
  readonly signal?: AbortSignal
  readonly isTTY?: boolean
}

/** The CLI in this process, with its streams as texts. */
export async function cli(argv: readonly string[], options: CliOptions): Promise<CliRun> {
  const { cwd, env = {}, stdin = '', signal = new AbortController().signal, isTTY = false } = options
  const written = { stdout: '', stderr: '' }
  const code = await runCli(argv, {
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdout: { write: (text) => (written.stdout += text), isTTY },
    stderr: { write: (text) => (written.stderr += text), isTTY },
    env,
    cwd,
    clock: systemClock,
    signal,
  })
  return { code, ...written }
}
