/** What a job tells of itself: details for REST, the CLI and a dashboard, made from what its tasks told last. */
import type {
  JobDetail,
  JobSummary,
  SubtaskDetail,
  TaskFigures,
  TaskState,
  VertexDetail,
} from '../../topology/contract/job-detail.ts'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import { type TaskStatus, taskId } from '../protocol/messages.ts'
import type { JobMaster } from './job-master.ts'

export function reportSummary(master: JobMaster): JobSummary {
  const { options, state, startedAtMs, endedAtMs, restarts, pool } = master
  return {
    id: options.topology.name,
    state,
    startedAtMs,
    endedAtMs,
    durationMs: (endedAtMs ?? options.clock.nowMs()) - startedAtMs,
    parallelism: Math.max(options.parallelism ?? 1, ...stagesOf(master).map((stage) => stage.parallelism)),
    workers: pool.all.length,
    restarts,
  }
}

export function reportJob(master: JobMaster): JobDetail {
  const { options, attempt, pool, statistics, exceptions } = master
  const plan = attempt?.options.plan
  const placed = Object.values(attempt?.placement ?? {}).flat()
  const { lastCompleted } = statistics
  return {
    ...reportSummary(master),
    file: options.file ?? '',
    epoch: String(attempt?.options.epoch ?? 0),
    planFingerprint: plan?.fingerprint ?? '',
    keyGroups: plan?.keyGroups ?? 0,
    workerProcesses: pool.all.map((session) => session.detail(placed.filter((name) => name === session.name).length)),
    vertices: reportVertices(master),
    lastCheckpoint: lastCompleted && statistics.snapshot().latestCompleted,
    rootException: exceptions.last,
  }
}

export function reportVertices(master: JobMaster): readonly VertexDetail[] {
  return stagesOf(master).map((stage) => {
    const statuses = statusesOf(master, stage)
    const figures = statuses.map((status) => figuresOf(status, stage))
    return {
      uid: stage.id,
      name: stage.nodes.map((node) => node.id).join(' → '),
      kind: stage.nodes[0]!.kind,
      parallelism: stage.parallelism,
      state: taskState(master),
      ...together(figures),
      operators: stage.nodes.map((node) => {
        const nodes = statuses.flatMap((status) => status?.nodes.filter((each) => each.uid === node.id) ?? [])
        return {
          uid: node.id,
          kind: node.kind,
          recordsIn: sum(nodes.map((each) => each.recordsIn)),
          recordsOut: sum(nodes.map((each) => each.recordsOut)),
          watermarkMs: leastOf(nodes.map((each) => each.watermarkMs)),
        }
      }),
    }
  })
}

/** @throws {SluiceError} `VERTEX_UNKNOWN`, with the nearest uid */
export function reportSubtasks(master: JobMaster, uid: string): readonly SubtaskDetail[] {
  const stages = stagesOf(master)
  const stage = stages.find((each) => each.id === uid || each.nodes.some((node) => node.id === uid))
  if (stage === undefined) {
    const uids = stages.flatMap((each) => each.nodes.map((node) => node.id))
    const nearest = nearestName(uid, uids)
    throw new SluiceError('VERTEX_UNKNOWN', `job ${master.options.topology.name} has no operator ${uid}`, {
      fix: nearest === undefined ? `It has ${uids.join(', ')}.` : `Did you mean ${nearest}?`,
      details: { uid },
    })
  }
  const { attempt, pool, options } = master
  const workers = attempt?.placement[stage.id] ?? []
  return statusesOf(master, stage).map((status, index) => {
    const worker = workers[index]
    return {
      index,
      state: taskState(master),
      worker: worker ?? null,
      pid: pool.all.find((session) => session.name === worker)?.pid ?? null,
      startedAtMs: attempt?.startedAtMs ?? null,
      durationMs: attempt === undefined ? 0 : options.clock.nowMs() - attempt.startedAtMs,
      inputQueueLength: status?.inputQueueLength ?? 0,
      outputQueueLength: status?.outputQueueLength ?? 0,
      ...figuresOf(status, stage),
    }
  })
}

function stagesOf(master: JobMaster): readonly StagePlan[] {
  return master.attempt?.options.plan.stages ?? []
}

function statusesOf(master: JobMaster, stage: StagePlan): readonly (TaskStatus | undefined)[] {
  return Array.from({ length: stage.parallelism }, (_, subtask) =>
    master.attempt?.tasks.get(taskId({ stage: stage.id, subtask })),
  )
}

/** What enters a task is what its first operator got, and what leaves it what its last ones sent. */
function figuresOf(status: TaskStatus | undefined, stage: StagePlan): TaskFigures {
  if (status === undefined) {
    return {
      recordsIn: 0,
      recordsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      busyMsPerSecond: 0,
      idleMsPerSecond: 0,
      backpressuredMsPerSecond: 0,
      watermarkMs: null,
    }
  }
  const { busyMsPerSecond, idleMsPerSecond, backpressuredMsPerSecond, bytesIn, bytesOut } = status
  const of = (uid: string) => status.nodes.find((node) => node.uid === uid)
  const leaving = new Set(stage.outputs.map((edge) => edge.from.id))
  return {
    recordsIn: status.recordsIn,
    recordsOut: sum([...leaving].map((uid) => of(uid)?.recordsOut ?? 0)),
    bytesIn,
    bytesOut,
    busyMsPerSecond,
    idleMsPerSecond,
    backpressuredMsPerSecond,
    watermarkMs: leastOf(status.nodes.map((node) => node.watermarkMs).filter((watermarkMs) => watermarkMs !== null)),
  }
}

function together(figures: readonly TaskFigures[]): TaskFigures {
  const mean = (values: readonly number[]) => (values.length === 0 ? 0 : sum(values) / values.length)
  return {
    recordsIn: sum(figures.map((each) => each.recordsIn)),
    recordsOut: sum(figures.map((each) => each.recordsOut)),
    bytesIn: sum(figures.map((each) => each.bytesIn)),
    bytesOut: sum(figures.map((each) => each.bytesOut)),
    busyMsPerSecond: mean(figures.map((each) => each.busyMsPerSecond)),
    idleMsPerSecond: mean(figures.map((each) => each.idleMsPerSecond)),
    backpressuredMsPerSecond: mean(figures.map((each) => each.backpressuredMsPerSecond)),
    watermarkMs: leastOf(figures.map((each) => each.watermarkMs)),
  }
}

function taskState({ state }: JobMaster): TaskState {
  switch (state) {
    case 'INITIALIZING':
    case 'CREATED':
    case 'RESTARTING':
      return 'DEPLOYING'
    case 'RUNNING':
    case 'STOPPING':
      return 'RUNNING'
    case 'CANCELLING':
      return 'CANCELING'
    case 'FINISHED':
    case 'CANCELED':
      return state
    case 'FAILING':
    case 'FAILED':
    case 'SUSPENDED':
      return 'FAILED'
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Null as long as one has none. */
function leastOf(values: readonly (number | null)[]): number | null {
  return values.length === 0 || values.includes(null) ? null : Math.min(...(values as number[]))
}
