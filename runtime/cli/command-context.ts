/** What a running command has at hand: its arguments, the streams, and, when it asks for them, configuration and connectors. */
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { OptionDescription, ParsedArguments } from './option.ts'

/** Where a command writes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** The process as the CLI sees it. */
export interface CliEnvironment {
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  /** Aborted by the first Ctrl-C or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal
}

/** As much of a command's description as its context needs. */
interface Command {
  readonly name: string
  readonly options: Readonly<Record<string, OptionDescription>>
}

/** Commands whose log is what one watches them by. */
const LONG_RUNNING: readonly string[] = ['submit', 'start']

export class CommandContext {
  readonly environment: CliEnvironment
  readonly positionals: readonly string[]
  /** Closed when the command has ended, newest first. */
  readonly resources = new AsyncDisposableStack()
  private readonly command: Command
  private readonly options: ParsedArguments['options']
  private loaded: LoadedConfig | undefined
  private openLogger: Promise<Logger> | undefined

  constructor(environment: CliEnvironment, command: Command, { positionals, options }: ParsedArguments) {
    this.environment = environment
    this.command = command
    this.positionals = positionals
    this.options = options
  }

  /** The option's value, or its default. */
  option(name: string): string | undefined {
    const value = this.options[name] ?? this.command.options[name]?.default
    return typeof value === 'string' ? value : undefined
  }

  /** Whether the switch was given. */
  has(name: string): boolean {
    return this.options[name] !== undefined
  }

  get commandName(): string {
    return this.command.name
  }

  get format(): string {
    return this.option('format') ?? 'text'
  }

  print(text: string): void {
    this.environment.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** One value as JSON; 64-bit numbers as strings. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? each.toString() : each), 2))
  }

  /** The configuration with this run's flags. What looks wrong in it is said once, on standard error. */
  async config(): Promise<LoadedConfig> {
    if (this.loaded === undefined) {
      const { loadConfig } = await import('../config/load-config.ts')
      const { env, cwd, stderr } = this.environment
      this.loaded = loadConfig({ flags: this.flags(), env, cwd })
      for (const warning of this.loaded.warnings) stderr.write(`warning: ${warning}\n`)
    }
    return this.loaded
  }

  /** Logs to standard error. A command that only answers a question keeps to warnings unless it was told a level. */
  async logger(): Promise<Logger> {
    this.openLogger ??= this.createLogger()
    return this.openLogger
  }

  /** @throws {SluiceError} `DATA_DIR_NOT_FOUND`: a question about what is not there shall not make it. */
  async openTables(): Promise<TableCatalog> {
    const { config } = await this.config()
    this.requireDataDir(config.dataDir)
    const { openTables } = await import('../compose/compose.ts')
    const tables = await openTables(config, { clock: this.environment.clock, logger: await this.logger() })
    return this.resources.adopt(tables, (catalog) => catalog.close())
  }

  /** Where they live in the data directory, makes it unless `mustExist`. @throws {SluiceError} `DATA_DIR_NOT_FOUND` */
  async openTopics({ mustExist }: { readonly mustExist: boolean }): Promise<TopicSystem> {
    const { config } = await this.config()
    if (mustExist && config.kafka === undefined) this.requireDataDir(config.dataDir)
    const { openTopics } = await import('../compose/compose.ts')
    const topics = await openTopics(config, { clock: this.environment.clock, logger: await this.logger() })
    return this.resources.adopt(topics, (system) => system.close())
  }

  /** The variables that this command line sets. */
  flags(): Readonly<Record<string, string>> {
    const flags: Record<string, string> = {}
    for (const [name, { variable }] of Object.entries(this.command.options)) {
      const value = this.options[name]
      if (variable !== undefined && typeof value === 'string') flags[variable] = value
    }
    return flags
  }

  private async createLogger(): Promise<Logger> {
    const { config, settings } = await this.config()
    const { createLogger } = await import('../observability/logger.ts')
    const told = settings.some(({ variable, origin }) => variable === 'LOG_LEVEL' && origin !== 'default')
    return createLogger({
      level: told || LONG_RUNNING.includes(this.command.name) ? config.log.level : 'warn',
      format: config.log.format,
      clock: this.environment.clock,
    })
  }

  private requireDataDir(dataDir: string): void {
    if (existsSync(dataDir)) return
    throw new SluiceError('DATA_DIR_NOT_FOUND', `there is no data directory ${dataDir}`, {
      fix: 'Publish events or submit a job first, or name another directory with --data-dir or SLUICE_DATA_DIR.',
      details: { dataDir },
    })
  }
}
