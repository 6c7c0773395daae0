/** Reads the configuration: flags over environment over `.env` over defaults, everything wrong reported at once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import { REDACTED, redactText } from '../observability/redact.ts'
import { type Config, toConfig } from './config.ts'
import { ConfigVariables } from './config-variables.ts'
import { describeVariable, VARIABLES, type Variable } from './variables.ts'

export type SettingOrigin = 'flag' | 'environment' | '.env' | 'default'

/** One variable in effect. */
export interface Setting {
  readonly variable: Variable
  /** As it would be written; undefined when it has neither value nor default. Secrets are redacted. */
  readonly value: string | undefined
  readonly origin: SettingOrigin
  readonly summary: string
}

export interface LoadedConfig {
  readonly config: Config
  /** Every variable, in the order of the table. */
  readonly settings: readonly Setting[]
  /** Variables that look like ours and are not. */
  readonly warnings: readonly string[]
}

export interface ConfigSources {
  /** By variable; from the command line. */
  readonly flags?: Readonly<Partial<Record<Variable, string | undefined>>>
  /** An empty value counts as unset. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where `.env` is looked for, and what a relative data directory is relative to. */
  readonly cwd: string
}

/** Read by tests and tools of the house, so not configuration: they are no mistake. */
const OTHER_SLUICE_VARIABLES = /^SLUICE_(FAULT|TEST|BENCH)/

/**
 * @throws {SluiceError} `CONFIG_INVALID`, naming each wrong variable, its value and what it should look like.
 * @example const { config } = loadConfig({ env: process.env, cwd: process.cwd() })
 */
export function loadConfig({ flags = {}, env, cwd }: ConfigSources): LoadedConfig {
  const envFile = readEnvFile(join(cwd, '.env'))
  const given: Partial<Record<Variable, string>> = {}
  const origins: Partial<Record<Variable, SettingOrigin>> = {}
  for (const variable of Object.keys(VARIABLES) as Variable[]) {
    const found = (
      [
        ['flag', flags[variable]],
        ['environment', env[variable] || secretIn(variable, env)],
        ['.env', envFile[variable] || secretIn(variable, envFile)],
      ] as const
    ).find(([, value]) => value !== undefined)
    const value = found?.[1] ?? describeVariable(variable).default
    if (value === undefined) continue
    origins[variable] = found?.[0] ?? 'default'
    given[variable] = value
  }

  const parsed = ConfigVariables.safeParse(given)
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0] as Variable))
    throw invalid(
      [...wrong].map((variable) => problem(variable, given[variable] ?? '', origins[variable] ?? 'default')),
    )
  }
  return {
    config: toConfig(parsed.data, cwd),
    settings: (Object.keys(VARIABLES) as Variable[]).map((variable) => ({
      variable,
      value: shown(variable, given[variable]),
      origin: origins[variable] ?? 'default',
      summary: describeVariable(variable).summary,
    })),
    warnings: unknownVariables({ ...envFile, ...env }),
  }
}

/** A secret may be in a file, as orchestrators mount them: `KAFKA_SASL_PASSWORD_FILE` names it. */
function secretIn(variable: Variable, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const path = env[`${variable}_FILE`] || undefined
  if (path === undefined || describeVariable(variable).secret !== true) return undefined
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new SluiceError(
      'CONFIG_UNREADABLE',
      `${variable}_FILE: ${path} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
        fix: 'Name a file that this user may read, which holds the secret and nothing else.',
        details: { variable, path },
      },
    )
  }
}

function readEnvFile(path: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new SluiceError('CONFIG_UNREADABLE', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
      fix: 'Make the file readable, or remove it.',
      details: { path },
    })
  }
}

interface Problem {
  readonly variable: Variable
  readonly value: string
  readonly origin: SettingOrigin
  readonly expected: string
}

function problem(variable: Variable, value: string, origin: SettingOrigin): Problem {
  const { expected, unsupported } = describeVariable(variable)
  return { variable, value: shown(variable, value) ?? '', origin, expected: unsupported ?? `expected ${expected}` }
}

function invalid(problems: readonly Problem[]): SluiceError {
  const lines = problems.map(({ variable, value, origin, expected }) => {
    const where = origin === 'flag' ? `--${describeVariable(variable).flag}` : origin
    return `${variable} is ${JSON.stringify(value)} (${where}): ${expected}`
  })
  const message = lines.length === 1 ? lines[0]! : `${lines.length} settings are wrong:\n  ${lines.join('\n  ')}`
  return new SluiceError('CONFIG_INVALID', message, {
    fix: `Correct ${problems.map((each) => each.variable).join(', ')}; \`runtime config\` shows what is in effect and where it came from.`,
    details: { problems },
  })
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('SLUICE_') && !(name in VARIABLES) && !OTHER_SLUICE_VARIABLES.test(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, Object.keys(VARIABLES)) ?? nearestName(name.slice(7), Object.keys(VARIABLES))
      return `${name} is set, but there is no such variable${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
    })
}

function shown(variable: Variable, value: string | undefined): string | undefined {
  if (value === undefined || value === '') return value
  return describeVariable(variable).secret === true ? REDACTED : redactText(value)
}
