/** What the process ends with. */

export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  interrupted: 130,
  terminated: 143,
} as const

/** For help. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: ExitCode.ok, meaning: 'done' },
  { code: ExitCode.failed, meaning: 'the job or the command failed, or part of the input was refused' },
  { code: ExitCode.usage, meaning: 'wrong usage or configuration; nothing was done' },
  { code: ExitCode.interrupted, meaning: 'interrupted (Ctrl-C)' },
  { code: ExitCode.terminated, meaning: 'terminated (SIGTERM)' },
]

/** What a command that was interrupted ends with. */
export function interruptedCode(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted
}
