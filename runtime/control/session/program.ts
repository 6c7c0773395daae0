/** How a session starts processes: `runtime` itself, with the session's settings. */
import { SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'
import type { Config } from '../../config/config.ts'
import { VARIABLES } from '../../config/variables.ts'
import type { Submission } from './submission.ts'

export interface Program {
  readonly executable: string
  /** What goes before the command: the script and Node's own options. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

type Request = Submission['request']

/** A job shares the session's data and checkpoint store, and is asked through the session: it has no say in these. */
const OF_THE_SESSION = /^(SLUICE_DATA_DIR|CHECKPOINT_DIR|S3_.*|REST_.*|METRICS_HOST|METRICS_PORT|JOBS_DIR)$/

/** `runtime info`: the job's plan, without running it. */
export function infoArguments({ file }: Request): readonly string[] {
  return ['info', file, '--format', 'json']
}

/** `runtime submit`, as the request was made; `again` leaves out where the first run began. */
export function submitArguments(request: Request, { again }: { readonly again: boolean }): readonly string[] {
  const { file, fromSavepoint, allowNonRestoredState, allowRewind, from, until, drain } = request
  return [
    'submit',
    file,
    ...['--format', 'json'],
    ...(from === undefined ? [] : ['--from', from]),
    ...(until === undefined ? [] : ['--until', until]),
    ...(drain === true ? ['--drain'] : []),
    ...(fromSavepoint === undefined || again ? [] : ['--from-savepoint', fromSavepoint]),
    ...(allowRewind === true && !again ? ['--allow-rewind'] : []),
    ...(allowNonRestoredState === true ? ['--allow-non-restored-state'] : []),
  ]
}

/** The session's environment with the job's settings; the job finds free ports of its own. */
export function jobEnvironment(
  program: Program,
  { settings = {}, parallelism, workers }: Request,
  { dataDir, rest }: Pick<Config, 'dataDir' | 'rest'>,
): Record<string, string | undefined> {
  return {
    ...program.env,
    ...settings,
    ...(parallelism === undefined ? {} : { PARALLELISM: String(parallelism) }),
    ...(workers === undefined ? {} : { WORKERS: String(workers) }),
    SLUICE_DATA_DIR: dataDir,
    REST_HOST: '127.0.0.1',
    REST_PORT: '0',
    REST_AUTH: rest.auth,
    METRICS_PORT: 'off',
  }
}

/** @throws {SluiceError} `SETTING_REFUSED` */
export function checkSettings(settings: Readonly<Record<string, string>> = {}): void {
  for (const name of Object.keys(settings)) {
    if (OF_THE_SESSION.test(name)) {
      throw new SluiceError('SETTING_REFUSED', `${name} is the session's: a job can't set it`, {
        fix: 'Leave it out, or start the session with another value.',
        details: { variable: name },
      })
    }
    if (Object.hasOwn(VARIABLES, name)) continue
    const nearest = nearestName(name, Object.keys(VARIABLES))
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw new SluiceError('SETTING_REFUSED', `there is no variable ${name}${meant}`, {
      fix: '`runtime config` shows those there are.',
      details: { variable: name },
    })
  }
}
