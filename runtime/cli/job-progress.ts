/** Shows how a running job gets on: one live line on a terminal, a line every few seconds elsewhere. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobRun, JobStatus } from '../../topology/contract/job-control.ts'
import type { Output } from './command-context.ts'
import { formatCount } from './units.ts'

export interface ProgressOptions {
  readonly clock: Clock
  /** Standard error, so that standard output stays what a program reads. */
  readonly output: Output
}

const TERMINAL_INTERVAL_MS = 200
const PLAIN_INTERVAL_MS = 5_000

/** Watches `run` until disposed. */
export function watchProgress(run: JobRun, { clock, output }: ProgressOptions): Disposable {
  const live = output.isTTY === true
  const intervalMs = live ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS
  let before = { atMs: clock.monotonicMs(), read: 0 }
  let timer: Disposable | undefined
  const show = () => {
    const status = run.status()
    const now = { atMs: clock.monotonicMs(), read: recordsRead(status) }
    const perSecond = (1000 * (now.read - before.read)) / Math.max(1, now.atMs - before.atMs)
    before = now
    const line = progressLine(status, perSecond)
    output.write(live ? `\r\x1b[2K${line.slice(0, Math.max(20, (output.columns ?? 120) - 1))}` : `${line}\n`)
  }
  const next = () => {
    timer = clock.schedule(intervalMs, () => {
      show()
      next()
    })
  }
  next()
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]()
      if (live) output.write('\r\x1b[2K')
    },
  }
}

/** `12,345 events/s · watermark 2026-01-02 03:04:05 · checkpoint 3 · bronze.events 10,000 …` */
function progressLine(status: JobStatus, eventsPerSecond: number): string {
  const watermarks = status.nodes.flatMap((node) => (node.watermarkMs === null ? [] : [node.watermarkMs]))
  const parts = [
    status.state,
    `${formatCount(Math.round(eventsPerSecond))} events/s`,
    `watermark ${watermarks.length > 0 ? new Date(Math.min(...watermarks)).toISOString().slice(0, 19).replace('T', ' ') : 'none yet'}`,
    checkpointText(status),
    ...status.nodes
      .filter((node) => node.kind === 'sink')
      .map((node) => `${node.uid.replace(/^sink\((.*)\)$/, '$1')} ${formatCount(node.recordsIn)}`),
  ]
  return parts.join(' · ')
}

function checkpointText({ lastCheckpoint, restoredCheckpointId }: JobStatus): string {
  if (lastCheckpoint !== undefined) return `checkpoint ${lastCheckpoint.id}`
  return restoredCheckpointId === undefined ? 'no checkpoint yet' : `from checkpoint ${restoredCheckpointId}`
}

/** Records that the job has read from its sources. */
export function recordsRead(status: JobStatus): number {
  return status.nodes.filter((node) => node.kind === 'source').reduce((sum, node) => sum + node.recordsOut, 0)
}
