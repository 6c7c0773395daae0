/** What a command is: described once, so that help, parsing and errors agree; its code is loaded when it runs. */
import type { CommandContext } from './command-context.ts'
import type { OptionDescription } from './option.ts'

export interface PositionalDescription {
  readonly name: string
  readonly summary: string
  readonly optional?: boolean
}

export interface CommandDescription {
  readonly name: string
  /** What is typed before the arguments, where it is not `runtime NAME`. */
  readonly invocation?: string
  readonly summary: string
  /** More than the summary says, a paragraph each. */
  readonly details?: readonly string[]
  readonly positionals: readonly PositionalDescription[]
  readonly options: Readonly<Record<string, OptionDescription>>
  readonly examples: readonly string[]
  readonly load: () => Promise<{ readonly run: RunCommand }>
}

/** Resolves to the exit code. */
export type RunCommand = (context: CommandContext) => Promise<number>
