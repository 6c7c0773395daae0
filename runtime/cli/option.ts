/** The options of a command: what there are, and what was given. */

export interface OptionDescription {
  readonly summary: string
  /** Stands for the value in help; an option without one is a switch. */
  readonly value?: string
  /** The values there are. */
  readonly choices?: readonly string[]
  /** As it would be written. */
  readonly default?: string
  /** The configuration variable it sets for this run. */
  readonly variable?: string
}

export interface ParsedArguments {
  readonly positionals: readonly string[]
  /** By name; switches are true when given. */
  readonly options: Readonly<Record<string, string | true | undefined>>
}
