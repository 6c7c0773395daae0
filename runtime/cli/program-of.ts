/** How this program starts another process of itself. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from '../control/session/program.ts'
import type { CommandContext } from './command-context.ts'

/** With the settings that were given to this command as options. */
export function programOf(context: CommandContext): Program {
  const { env, cwd } = context.environment
  // In a package this file and that one are JavaScript.
  const main = fileURLToPath(new URL(`main${extname(import.meta.url)}`, import.meta.url))
  return {
    executable: process.execPath,
    args: [...process.execArgv, main],
    env: { ...env, ...context.flags() },
    cwd,
  }
}
