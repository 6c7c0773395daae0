/** Shows how far a checkpoint is that a command waits for. */
import type { JobControl } from '../../topology/contract/job-control.ts'
import type { CommandContext } from './command-context.ts'
import { formatElapsed } from './units.ts'

const INTERVAL_MS = 1_000

/** Resolves with `work`. What takes less than a second is not talked about. */
export async function showingCheckpoint<T>(
  { environment }: CommandContext,
  control: Pick<JobControl, 'checkpoints'>,
  id: string,
  work: Promise<T>,
): Promise<T> {
  const { clock, stderr } = environment
  const startedMs = clock.monotonicMs()
  let before = ''
  let timer: Disposable | undefined
  let done = false
  const look = () => {
    timer = clock.schedule(INTERVAL_MS, async () => {
      const line = await progressLine(control, id, clock.monotonicMs() - startedMs).catch(() => undefined)
      if (done) return
      if (line !== undefined && line !== before) stderr.write(stderr.isTTY === true ? `\r\x1b[2K${line}` : `${line}\n`)
      before = line ?? before
      look()
    })
  }
  look()
  try {
    return await work
  } finally {
    done = true
    timer?.[Symbol.dispose]()
    if (stderr.isTTY === true && before !== '') stderr.write('\r\x1b[2K')
  }
}

async function progressLine(control: Pick<JobControl, 'checkpoints'>, id: string, elapsedMs: number): Promise<string> {
  const { history } = await control.checkpoints(id)
  const current = history.find(({ state }) => state === 'IN_PROGRESS')
  if (current === undefined) return `waiting for job ${id}, ${formatElapsed(elapsedMs)}`
  const acknowledged = `${current.acknowledged.length} of ${current.subtasks} subtasks`
  return `${current.kind} ${current.id}: ${acknowledged} have acknowledged, ${formatElapsed(elapsedMs)}`
}
