/** The logger behind the contract: pino, one JSON object a line, or pretty lines on a terminal. */
import { pino } from 'pino'
import type { Logger } from '../../topology/contract/observability.ts'
import { toLogFields } from './log-fields.ts'
import { redactText } from './redact.ts'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `auto`: pretty when `destination` is a terminal. */
  readonly format: 'auto' | 'json' | 'pretty'
  readonly clock: { nowMs(): number }
  /** On every line. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Where lines go. @default the process's standard error, written synchronously, so that a crash loses none */
  readonly destination?: { write(line: string): void; readonly isTTY?: boolean | undefined }
}

/**
 * Lines carry `level`, `time` (ISO 8601), `pid`, `message`, and by convention `event` (a stable kebab-case name of what
 * happened), `job`, `uid` (the operator), `subtask`, `epoch`, `checkpoint`. Secrets are redacted in names, values and
 * messages.
 *
 * @example
 * const logger = await createLogger({ level: 'info', format: 'auto', clock })
 * logger.child({ job: 'medallion' }).info({ event: 'checkpoint-complete', checkpoint: 7n }, 'checkpoint 7 complete')
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { level, format, clock, fields = {}, destination } = options
  const output = destination ?? pino.destination({ fd: 2, sync: true })
  const isTerminal = destination === undefined ? process.stderr.isTTY === true : destination.isTTY === true
  const pretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const stream = pretty ? await prettyStream(output, isTerminal && !process.env['NO_COLOR']) : output
  const root = pino(
    {
      level,
      base: { pid: process.pid },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(clock.nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  return new PinoLogger(root, fields)
}

/** Formats in this thread, line by line, not in pino's transport thread: the last lines before a crash matter most. */
async function prettyStream(output: { write(line: string): void }, colorize: boolean) {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({
    colorize,
    messageKey: 'message',
    ignore: 'pid,event',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  })
  return { write: (line: string) => output.write(format(line)) }
}

/** Merges its own fields into each line's: pino's children would write a field that comes twice twice. */
class PinoLogger implements Logger {
  private readonly pino: pino.Logger
  private readonly fields: Readonly<Record<string, unknown>>

  constructor(pino: pino.Logger, fields: Readonly<Record<string, unknown>>) {
    this.pino = pino
    this.fields = fields
  }

  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.log('debug', fields, message)
  }

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.log('info', fields, message)
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.log('warn', fields, message)
  }

  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.log('error', fields, message)
  }

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new PinoLogger(this.pino, { ...this.fields, ...fields })
  }

  private log(level: 'debug' | 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string) {
    if (!this.pino.isLevelEnabled(level)) return
    this.pino[level](toLogFields({ ...this.fields, ...fields }), redactText(message))
  }
}
