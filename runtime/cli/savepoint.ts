/** `runtime savepoint JOB`. */
import type { CommandContext } from './command-context.ts'
import { takeCheckpoint } from './take-checkpoint.ts'

export function run(context: CommandContext): Promise<number> {
  return takeCheckpoint(context, 'savepoint')
}
