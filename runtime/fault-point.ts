/**
 * Named places at which a crash would split a protocol step in two, and where tests make the process fail.
 *
 * ```text
 * SLUICE_FAULT=name[:count][=kill|throw|hang|stop]    fail at the count-th passing (default 1), by SIGKILL unless told
 *                                                     otherwise; who stops itself goes on from there after a SIGCONT
 * SLUICE_FAULT_FILE=file                              the file may come to hold name[=…] at any time: of all processes that
 *                                                     look into it, the first to pass that point claims it, and fails
 * SLUICE_FAULT_TRACE=file                             append each name to the file when it is first passed
 * ```
 */
import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import { SluiceError } from '../topology/errors.ts'
import { nearestName } from '../topology/nearest-name.ts'

/** Every fault point, and where it stands. */
export const FAULT_POINTS = {
  'source.after-poll': 'a reader has handed out a batch that nobody has processed',
  'worker.after-deploy': 'a worker has opened and restored its tasks; the coordinator has not heard of it',
  'worker.before-start': 'all workers are deployed; this one runs nothing yet',
  'task.after-batch': 'a batch has gone through the chain',
  'checkpoint.after-barrier': 'the barrier has been injected at the sources',
  'checkpoint.after-snapshot': 'a task has cut and stored its state, and has not acknowledged',
  'checkpoint.after-acknowledge': 'a task has acknowledged; others may not have',
  'checkpoint.before-manifest': 'all tasks have acknowledged; the manifest is not written',
  'checkpoint.after-manifest': 'the checkpoint is complete; nothing is committed',
  'checkpoint.before-commit': 'the committers are about to be told',
  'checkpoint.after-commit': 'every sink has committed',
  'checkpoint.after-retention': 'older checkpoints have been removed',
  'restore.after-epoch': 'the attempt has taken its epoch; nothing is restored',
  'restore.after-load': 'the checkpoint is read; no sink is fenced',
  'restore.after-fence': 'all sinks are fenced and owe nothing; no source has started',
  'restore.after-deploy': 'every worker has restored its tasks; none runs',
  'restart.before-attempt': 'an attempt has failed and is ended; the next one has not begun',
  'rescale.after-savepoint': 'the savepoint of a rescale is complete; the job is still at its old parallelism',
  'iceberg.before-data-file': 'rows are encoded; the data file is not written',
  'iceberg.after-data-file': 'a data file is durable and in no manifest',
  'iceberg.before-manifest': 'the commit has begun; no manifest is written',
  'iceberg.after-manifest-list': 'manifests and manifest list are durable; the table does not name them',
  'iceberg.before-catalog-cas': 'the new metadata file is durable; the catalog names the old one',
  'iceberg.after-catalog-cas': 'the catalog names the new metadata; the committer has not heard of it',
  'log.before-append': 'records have arrived at the log; no transaction has begun',
  'log.after-append': 'records are in the log; the producer has not heard of it',
  'log.before-commit': 'a checkpoint is to be committed to a topic; no transaction has begun',
  'file.after-staged': 'files are durable and wait for their checkpoint; the barrier is not acknowledged',
  'file.before-commit': 'files wait for their checkpoint, which is complete; none has its name',
  'file.after-rename': 'files have their names; the sink has not noted that',
  'http.after-outbox': 'batches are in the outbox; the barrier is not acknowledged',
  'http.before-send': 'a batch is about to be posted',
  'http.after-send': 'every batch of a checkpoint was delivered; the sink has not noted that',
  'kafka-sink.after-spill': 'segments are in the outbox; the barrier is not acknowledged',
  'kafka-sink.after-init': 'the sink has its transactional ids; no marker says so',
  'kafka-sink.after-fence': 'every shard has a marker of the new epoch; what is owed is not in the topic',
  'kafka-sink.after-produce': 'records are in an open transaction; more may follow, and their marker',
  'kafka-sink.before-end': 'records and marker are in an open transaction',
  'kafka-sink.after-end': 'the transaction is committed; the sink has not noted that',
  'kafka-sink.before-removal': 'a checkpoint is in the topic; its segments are still in the outbox',
  'postgres.after-staged': 'rows are in sluice_staged; the barrier is not acknowledged',
  'postgres.before-commit': 'rows and epoch row are in an open transaction',
  'postgres.after-commit': 'the transaction is committed; the coordinator has not heard of it',
  'log.after-commit': 'what was staged is in the topic; the coordinator has not heard of it',
} as const satisfies Readonly<Record<string, string>>

export type FaultPoint = keyof typeof FAULT_POINTS

/** What `SLUICE_FAULT`, `SLUICE_FAULT_FILE` and `SLUICE_FAULT_TRACE` hold. */
export interface FaultSettings {
  readonly SLUICE_FAULT?: string | undefined
  readonly SLUICE_FAULT_FILE?: string | undefined
  readonly SLUICE_FAULT_TRACE?: string | undefined
}

/**
 * Fails here if this process was told to; otherwise free.
 *
 * @throws {SluiceError} `FAULT_INJECTED` when the fault is to throw; `FAULT_POINT_UNKNOWN` when faults are set and the
 * table holds no such name.
 */
export function faultPoint(name: FaultPoint): void {
  if (passing !== undefined) passing(name)
}

/** Sets the faults of this process, in place of those its environment set; without settings, none. */
export function setFaults(settings: FaultSettings): void {
  const { SLUICE_FAULT: fault, SLUICE_FAULT_FILE: file, SLUICE_FAULT_TRACE: traceFile } = settings
  const watchers = [
    ...(traceFile ? [tracedIn(traceFile)] : []),
    ...(fault ? [counted(parseFault(fault))] : []),
    ...(file ? [armedBy(file)] : []),
  ]
  if (watchers.length === 0) {
    passing = undefined
    return
  }
  passing = (name) => {
    checkName(name)
    for (const watch of watchers) watch(name)
  }
}

/** Where a claimed fault went: what it was, who claimed it (process id) and when (milliseconds since 1970). */
export function claimedFaultFile(file: string): string {
  return `${file}.claimed`
}

type Watcher = (name: FaultPoint) => void
type Action = 'kill' | 'throw' | 'hang' | 'stop'

interface Fault {
  readonly name: FaultPoint
  readonly count: number
  readonly action: Action
}

/** A point that batches pass looks into the file this often, milliseconds; a rare one does so each time. */
const LOOK_EVERY_MS = 10

let passing: Watcher | undefined
setFaults(process.env)

function tracedIn(file: string): Watcher {
  const seen = new Set<FaultPoint>()
  return (name) => {
    if (seen.has(name)) return
    seen.add(name)
    appendFileSync(file, `${name}\n`)
  }
}

function counted({ name: wanted, count, action }: Fault): Watcher {
  let left = count
  return (name) => {
    if (name === wanted && --left === 0) fail(name, action)
  }
}

function armedBy(file: string): Watcher {
  const lookedAtMs = new Map<FaultPoint, number>()
  return (name) => {
    const nowMs = performance.now()
    if (nowMs - (lookedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS) return
    lookedAtMs.set(name, nowMs)
    const text = contentOf(file)
    if (text === undefined) return
    const fault = parseFault(text)
    if (name === fault.name && claim(file)) fail(name, fault.action)
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** False when another process was first. */
function claim(file: string): boolean {
  const claimed = claimedFaultFile(file)
  try {
    renameSync(file, claimed)
  } catch {
    return false
  }
  appendFileSync(claimed, ` ${process.pid} ${Date.now()}\n`)
  return true
}

function parseFault(text: string): Fault {
  const match = /^([^:=]+)(?::([1-9]\d*))?(?:=(kill|throw|hang|stop))?$/.exec(text)
  if (match === null) {
    throw new SluiceError('FAULT_INVALID', `the fault is "${text}"`, {
      fix: 'Write name[:count][=kill|throw|hang|stop], as in checkpoint.after-manifest:2=throw.',
    })
  }
  const name = match[1] as FaultPoint
  checkName(name)
  return { name, count: Number(match[2] ?? 1), action: (match[3] ?? 'kill') as Action }
}

function checkName(name: string): void {
  if (Object.hasOwn(FAULT_POINTS, name)) return
  const nearest = nearestName(name, Object.keys(FAULT_POINTS))
  throw new SluiceError('FAULT_POINT_UNKNOWN', `there is no fault point "${name}"`, {
    fix: nearest === undefined ? `There are ${Object.keys(FAULT_POINTS).join(', ')}.` : `Did you mean ${nearest}?`,
  })
}

function fail(name: FaultPoint, action: Action): void {
  if (action === 'throw') {
    throw new SluiceError('FAULT_INJECTED', `fault injected at ${name}`, { details: { faultPoint: name } })
  }
  if (action === 'stop') {
    process.kill(process.pid, 'SIGSTOP')
    return
  }
  if (action === 'kill') process.kill(process.pid, 'SIGKILL')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
