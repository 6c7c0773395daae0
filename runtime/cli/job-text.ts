/** A running job for people: what it is, where its time goes, and what went wrong last. */
import type { CheckpointSummary, ExceptionEntry, JobDetail, VertexDetail } from '../../topology/contract/job-detail.ts'
import { textTable } from './text-table.ts'
import { formatBytes, formatCount, formatElapsed, formatTime } from './units.ts'

export function jobText(job: JobDetail): string {
  const { lastCheckpoint, rootException, vertices, workerProcesses } = job
  const ended = job.endedAtMs === null ? '' : `, ended ${formatTime(job.endedAtMs)}`
  const summary = [
    `job ${job.id} ${job.state}, ${formatElapsed(job.durationMs)}`,
    `started     ${formatTime(job.startedAtMs)}${ended}`,
    `file        ${job.file}`,
    `runs        parallelism ${job.parallelism}, ${count(job.workers, 'worker')}, ${count(job.restarts, 'restart')}, epoch ${job.epoch}`,
    `plan        ${job.planFingerprint.slice(0, 16)}, ${job.keyGroups} key groups`,
    `checkpoint  ${lastCheckpoint === null ? 'none yet' : checkpointText(lastCheckpoint)}`,
    '',
  ].join('\n')
  return [
    summary,
    ...(vertices.length === 0 ? [] : [vertexTable(vertices)]),
    ...(workerProcesses.length === 0 ? [] : [workerTable(job)]),
    ...(rootException === null ? [] : [`last failure\n${exceptionText(rootException)}`]),
  ].join('\n')
}

/** `12 (savepoint), complete in 250 ms, 1.2 MB: file:///…` */
export function checkpointText({
  id,
  kind,
  state,
  durationMs,
  sizeBytes,
  location,
  failure,
}: CheckpointSummary): string {
  const which = kind === 'savepoint' ? `${id} (savepoint)` : id
  if (failure !== null) return `${which}, failed after ${formatElapsed(durationMs)}: ${failure.message}`
  if (state === 'IN_PROGRESS') return `${which}, in progress for ${formatElapsed(durationMs)}`
  return `${which}, complete in ${formatElapsed(durationMs)}, ${formatBytes(sizeBytes)}: ${location}`
}

/** When, what, where, and what to do about it. */
export function exceptionText({ atMs, code, message, fix, task, worker, record }: ExceptionEntry): string {
  const where = [
    task === null ? undefined : `${task.uid}#${task.index}`,
    worker ?? undefined,
    record === null ? undefined : `${record.topic}/${record.partition}@${record.offset}`,
  ].filter((part) => part !== undefined)
  return [
    `  ${formatTime(atMs)}  ${code}: ${message}`,
    ...(where.length === 0 ? [] : [`  at ${where.join(', ')}`]),
    ...(fix === null ? [] : [`  ${fix}`]),
    '',
  ].join('\n')
}

function vertexTable(vertices: readonly VertexDetail[]): string {
  const rows = vertices.map((vertex) => [
    vertex.uid,
    vertex.state,
    String(vertex.parallelism),
    formatCount(vertex.recordsIn),
    formatCount(vertex.recordsOut),
    percent(vertex.busyMsPerSecond),
    percent(vertex.backpressuredMsPerSecond),
    percent(vertex.idleMsPerSecond),
    vertex.watermarkMs === null ? 'none yet' : formatTime(vertex.watermarkMs),
  ])
  const head = ['vertex', 'state', 'parallelism', 'records in', 'out', 'busy', 'backpressured', 'idle', 'watermark']
  return textTable(head, rows, { alignRight: new Set([2, 3, 4, 5, 6, 7]) })
}

function workerTable({ workerProcesses }: JobDetail): string {
  const rows = workerProcesses.map(({ id, pid, state, subtasks }) => [id, String(pid), state, String(subtasks)])
  return textTable(['worker', 'process', 'state', 'subtasks'], rows, { alignRight: new Set([1, 3]) })
}

function percent(msPerSecond: number): string {
  return `${Math.round(msPerSecond / 10)} %`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
