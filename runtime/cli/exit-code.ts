/** What the process ends with. */
import { isSluiceError } from '../../topology/errors.ts'

export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  canceled: 3,
  unknownJob: 4,
  noCoordinator: 5,
  refused: 6,
  interrupted: 130,
  terminated: 143,
} as const

/** For help. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: ExitCode.ok, meaning: 'done' },
  { code: ExitCode.failed, meaning: 'the job or the command failed, or part of the input was refused' },
  { code: ExitCode.usage, meaning: 'wrong usage or configuration; nothing was done' },
  { code: ExitCode.canceled, meaning: 'the job was canceled' },
  { code: ExitCode.unknownJob, meaning: 'there is no such job' },
  { code: ExitCode.noCoordinator, meaning: 'no coordinator or session runs, or it does not answer' },
  { code: ExitCode.refused, meaning: 'the coordinator refused: wrong token, or a job file outside its directory' },
  { code: ExitCode.interrupted, meaning: 'interrupted (Ctrl-C)' },
  { code: ExitCode.terminated, meaning: 'terminated (SIGTERM)' },
]

/** What a command that was interrupted ends with. */
export function interruptedCode(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted
}

const BY_ERROR: Readonly<Record<string, number>> = {
  USAGE: ExitCode.usage,
  CONFIG_INVALID: ExitCode.usage,
  PARALLELISM: ExitCode.usage,
  REQUEST_INVALID: ExitCode.usage,
  SETTING_REFUSED: ExitCode.usage,
  CANCELED: ExitCode.canceled,
  JOB_UNKNOWN: ExitCode.unknownJob,
  COORDINATOR_NOT_RUNNING: ExitCode.noCoordinator,
  COORDINATOR_UNREACHABLE: ExitCode.noCoordinator,
  COORDINATOR_SILENT: ExitCode.noCoordinator,
  COORDINATOR_INCOMPATIBLE: ExitCode.noCoordinator,
  SESSION_NOT_RUNNING: ExitCode.noCoordinator,
  UNAUTHORIZED: ExitCode.refused,
  HOST_REFUSED: ExitCode.refused,
  ORIGIN_REFUSED: ExitCode.refused,
  JOB_PATH_REFUSED: ExitCode.refused,
}

/** What a command that threw ends with. */
export function exitCodeOf(error: unknown): number {
  return (isSluiceError(error) ? BY_ERROR[error.code] : undefined) ?? ExitCode.failed
}
