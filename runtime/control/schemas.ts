/**
 * The contract's job details and requests as zod schemas: what the server checks, OpenAPI describes and the client
 * reads. test/types/control.ts holds them equal to the types of topology/contract/.
 */
import * as z from 'zod'
import { PLACE_FORM, parseEnd, parsePlace } from './split-place.ts'

/** Schemas that OpenAPI shows under a name. */
export const components = z.registry<{ readonly id: string }>()

const text = z.string()
const flag = z.boolean()
const count = z.int().nonnegative().meta({ description: 'A whole number.' })
const milliseconds = z.number().nonnegative()
const timeMs = z.number().meta({ description: 'Milliseconds since the epoch.' })
const id64 = z.string().regex(/^\d+$/).meta({ description: 'A 64-bit number.' })
const positive = z.int().min(1)

export const JobId = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/)
  .meta({ description: "The job's name." })

export const JobState = z
  .enum([
    'INITIALIZING',
    'CREATED',
    'RUNNING',
    'STOPPING',
    'FAILING',
    'RESTARTING',
    'CANCELLING',
    'SUSPENDED',
    'FINISHED',
    'CANCELED',
    'FAILED',
  ])
  .register(components, { id: 'JobState' })

const TaskState = z
  .enum(['CREATED', 'DEPLOYING', 'INITIALIZING', 'RUNNING', 'FINISHED', 'CANCELING', 'CANCELED', 'FAILED'])
  .register(components, { id: 'TaskState' })

const CheckpointKind = z.enum(['checkpoint', 'savepoint'])

export const Overview = z
  .object({
    version: text,
    mode: z.enum(['application', 'session']),
    pid: count,
    startedAtMs: timeMs,
    jobsRunning: count,
    jobsFinished: count,
    jobsCanceled: count,
    jobsFailed: count,
    workers: count,
  })
  .register(components, { id: 'Overview' })

export const JobSummary = z
  .object({
    id: JobId,
    state: JobState,
    startedAtMs: timeMs,
    endedAtMs: timeMs.nullable(),
    durationMs: milliseconds,
    parallelism: count,
    workers: count,
    restarts: count,
  })
  .register(components, { id: 'JobSummary' })

const Figures = {
  recordsIn: count,
  recordsOut: count,
  bytesIn: count,
  bytesOut: count,
  busyMsPerSecond: milliseconds,
  idleMsPerSecond: milliseconds,
  backpressuredMsPerSecond: milliseconds,
  watermarkMs: timeMs.nullable(),
}

const OperatorFigures = z
  .object({ uid: text, kind: text, recordsIn: count, recordsOut: count, watermarkMs: timeMs.nullable() })
  .register(components, { id: 'OperatorFigures' })

const VertexDetail = z
  .object({
    ...Figures,
    uid: text,
    name: text,
    kind: text,
    parallelism: count,
    state: TaskState,
    operators: z.array(OperatorFigures),
  })
  .register(components, { id: 'VertexDetail' })

export const SubtaskDetail = z
  .object({
    ...Figures,
    index: count,
    state: TaskState,
    worker: text.nullable(),
    pid: count.nullable(),
    startedAtMs: timeMs.nullable(),
    durationMs: milliseconds,
    inputQueueLength: count,
    outputQueueLength: count,
  })
  .register(components, { id: 'SubtaskDetail' })

const WorkerDetail = z
  .object({
    id: text,
    pid: count,
    state: z.enum(['STARTING', 'RUNNING', 'LOST', 'ENDED']),
    startedAtMs: timeMs,
    lastHeartbeatAtMs: timeMs.nullable(),
    subtasks: count,
  })
  .register(components, { id: 'WorkerDetail' })

export const CheckpointSummary = z
  .object({
    id: id64,
    epoch: id64,
    kind: CheckpointKind,
    state: z.enum(['IN_PROGRESS', 'COMPLETED', 'FAILED']),
    triggeredAtMs: timeMs,
    endedAtMs: timeMs.nullable(),
    durationMs: milliseconds,
    sizeBytes: count,
    alignmentMs: milliseconds.nullable(),
    startDelayMs: milliseconds.nullable(),
    location: text.nullable(),
    failure: z.object({ code: text, message: text }).nullable(),
  })
  .register(components, { id: 'CheckpointSummary' })

const CheckpointAcknowledgement = z
  .object({
    uid: text,
    index: count,
    acknowledgedAtMs: timeMs,
    startDelayMs: milliseconds,
    alignmentMs: milliseconds,
    snapshotMs: milliseconds,
    sizeBytes: count,
  })
  .register(components, { id: 'CheckpointAcknowledgement' })

export const CheckpointDetail = z
  .object({ ...CheckpointSummary.shape, acknowledged: z.array(CheckpointAcknowledgement), subtasks: count })
  .register(components, { id: 'CheckpointDetail' })

export const CheckpointStatistics = z
  .object({
    restored: count,
    total: count,
    inProgress: count,
    completed: count,
    failed: count,
    latestCompleted: CheckpointSummary.nullable(),
    latestSavepoint: CheckpointSummary.nullable(),
    latestFailed: CheckpointSummary.nullable(),
    latestRestored: z.object({ id: id64, kind: CheckpointKind, location: text, restoredAtMs: timeMs }).nullable(),
    history: z.array(CheckpointDetail),
  })
  .register(components, { id: 'CheckpointStatistics' })

export const ExceptionEntry = z
  .object({
    atMs: timeMs,
    code: text,
    message: text,
    fix: text.nullable(),
    stack: text.nullable(),
    task: z.object({ uid: text, index: count }).nullable(),
    worker: text.nullable(),
    record: z.object({ topic: text, partition: count, offset: id64 }).nullable(),
    epoch: id64,
  })
  .register(components, { id: 'ExceptionEntry' })

export const JobExceptions = z
  .object({ root: ExceptionEntry.nullable(), history: z.array(ExceptionEntry), truncated: flag })
  .register(components, { id: 'JobExceptions' })

export const JobDetail = z
  .object({
    ...JobSummary.shape,
    file: text,
    epoch: id64,
    planFingerprint: text,
    keyGroups: count,
    workerProcesses: z.array(WorkerDetail),
    vertices: z.array(VertexDetail),
    lastCheckpoint: CheckpointSummary.nullable(),
    rootException: ExceptionEntry.nullable(),
  })
  .register(components, { id: 'JobDetail' })

export const MetricValue = z
  .object({ name: text, labels: z.record(text, text), value: z.number() })
  .register(components, { id: 'MetricValue' })

export const JobEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('state'), atMs: timeMs, state: JobState, previous: JobState.nullable() }),
    z.object({ type: z.literal('checkpoint'), atMs: timeMs, checkpoint: CheckpointSummary }),
    z.object({ type: z.literal('exception'), atMs: timeMs, exception: ExceptionEntry }),
    z.object({ type: z.literal('worker'), atMs: timeMs, worker: WorkerDetail }),
    z.object({ type: z.literal('progress'), atMs: timeMs, vertices: z.array(VertexDetail) }),
  ])
  .register(components, { id: 'JobEvent' })

// --- requests: an unknown field is a mistake, and is said to be one

export const SubmitRequest = z
  .strictObject({
    file: text.min(1),
    parallelism: positive.exactOptional(),
    workers: count.exactOptional(),
    settings: z.record(text, text).exactOptional(),
    fromSavepoint: text.min(1).exactOptional(),
    allowNonRestoredState: flag.exactOptional(),
    allowRewind: flag.exactOptional(),
    from: text.refine((place) => parsePlace(place) !== undefined, `expected earliest, ${PLACE_FORM}`).exactOptional(),
    until: text.refine((place) => parseEnd(place) !== undefined, `expected ${PLACE_FORM}`).exactOptional(),
    drain: flag.exactOptional(),
  })
  .register(components, { id: 'SubmitRequest' })

export const TriggerOptions = z
  .strictObject({ async: flag.exactOptional() })
  .register(components, { id: 'TriggerOptions' })

export const StopOptions = z.strictObject({ drain: flag.exactOptional() }).register(components, { id: 'StopOptions' })

export const RescaleOptions = z
  .strictObject({ parallelism: positive, workers: count.exactOptional() })
  .register(components, { id: 'RescaleOptions' })

// --- answers that hold lists: an object, so that a field can be added

export const JobList = z.object({ jobs: z.array(JobSummary) }).register(components, { id: 'JobList' })

export const SubtaskList = z.object({ subtasks: z.array(SubtaskDetail) }).register(components, { id: 'SubtaskList' })

export const MetricList = z.object({ metrics: z.array(MetricValue) }).register(components, { id: 'MetricList' })

export const Watermarks = z
  .object({ watermarks: z.array(z.object({ index: count, watermarkMs: timeMs.nullable() })) })
  .register(components, { id: 'Watermarks' })

/** As much of `explainJson` as a reader may rely on. */
export const Plan = z
  .looseObject({
    job: JobId,
    fingerprint: text,
    keyGroups: count,
    nodes: z.array(z.looseObject({ id: text, kind: text })),
    stages: z.array(z.looseObject({ id: text, parallelism: count, nodes: z.array(text) })),
    warnings: z.array(text),
  })
  .register(components, { id: 'Plan' })

export const ErrorAnswer = z
  .object({
    error: z.object({
      code: text.meta({ description: 'Stable: what a program looks at.' }),
      message: text,
      fix: text.exactOptional(),
      details: z.record(text, z.unknown()),
    }),
  })
  .register(components, { id: 'Error' })
