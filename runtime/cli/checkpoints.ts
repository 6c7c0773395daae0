/** `runtime checkpoints JOB`: what a running job's coordinator tells of them, and what the store holds of any job. */
import type { CheckpointStatistics } from '../../topology/contract/job-detail.ts'
import { isSluiceError } from '../../topology/errors.ts'
import type { RetainedCheckpoint } from '../control/retained-checkpoints.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { checkpointText } from './job-text.ts'
import { openJob } from './open-job.ts'
import { openRetained } from './open-retained.ts'
import { textTable } from './text-table.ts'
import { formatBytes, formatElapsed, formatTime } from './units.ts'

/** Why a job has no statistics, and its store is asked all the same. */
const NOT_RUNNING: readonly string[] = ['JOB_UNKNOWN', 'COORDINATOR_NOT_RUNNING', 'JOB_NOT_RUNNING']

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  const retained = (await openRetained(context, id)).checkpoints
  const statistics = await statisticsOf(context, id).catch((error: unknown) => {
    if (retained.length > 0 && isSluiceError(error) && NOT_RUNNING.includes(error.code)) return undefined
    throw error
  })
  if (context.format === 'json') context.printJson({ statistics: statistics ?? null, retained })
  else
    context.print(
      [...(statistics === undefined ? [] : [statisticsText(statistics)]), retainedText(retained)].join('\n'),
    )
  return ExitCode.ok
}

async function statisticsOf(context: CommandContext, id: string): Promise<CheckpointStatistics> {
  return (await openJob(context, id)).checkpoints(id)
}

function statisticsText(statistics: CheckpointStatistics): string {
  const { total, completed, failed, inProgress, restored, latestRestored, latestFailed, history } = statistics
  const from = latestRestored === null ? '' : `, the last from ${latestRestored.kind} ${latestRestored.id}`
  return [
    `${total} since the coordinator started: ${completed} completed, ${failed} failed, ${inProgress} in progress`,
    `restored ${restored} times${from}`,
    ...(latestFailed === null ? [] : [`the last to fail: ${checkpointText(latestFailed)}`]),
    '',
    ...(history.length === 0 ? [] : [historyTable(statistics)]),
  ].join('\n')
}

function historyTable({ history }: CheckpointStatistics): string {
  const rows = history.map((checkpoint) => [
    checkpoint.id,
    checkpoint.kind,
    checkpoint.state,
    formatTime(checkpoint.triggeredAtMs),
    formatElapsed(checkpoint.durationMs),
    formatBytes(checkpoint.sizeBytes),
    checkpoint.alignmentMs === null ? '' : formatElapsed(checkpoint.alignmentMs),
    checkpoint.startDelayMs === null ? '' : formatElapsed(checkpoint.startDelayMs),
    `${checkpoint.acknowledged.length}/${checkpoint.subtasks}`,
  ])
  const head = ['id', 'kind', 'state', 'triggered', 'duration', 'size', 'alignment', 'start delay', 'acknowledged']
  return textTable(head, rows, { alignRight: new Set([0, 4, 5, 6, 7, 8]) })
}

function retainedText(retained: readonly RetainedCheckpoint[]): string {
  if (retained.length === 0) return 'The store holds none yet.\n'
  const rows = retained.map(({ id, kind, epoch, completedAtMs, location }) => [
    id,
    kind,
    epoch,
    formatTime(completedAtMs),
    location,
  ])
  return `in the store\n${textTable(['id', 'kind', 'epoch', 'completed', 'for --from-savepoint'], rows, { alignRight: new Set([0, 2]) })}`
}
