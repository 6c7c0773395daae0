/** What a job's checkpoint store holds, whether the job runs or not. */
import { type RetainedCheckpoints, retainedCheckpoints } from '../control/retained-checkpoints.ts'
import type { CommandContext } from './command-context.ts'

export async function openRetained(context: CommandContext, job: string): Promise<RetainedCheckpoints> {
  const { config } = await context.config()
  const { openFiles } = await import('../compose/compose.ts')
  const logger = await context.logger()
  const files = await openFiles(config, { clock: context.environment.clock, logger })
  try {
    return await retainedCheckpoints(files, `${config.checkpoints}/${job}`, logger)
  } finally {
    await files.close()
  }
}
