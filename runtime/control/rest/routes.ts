/** Every route of the REST interface. */
import * as z from 'zod'
import type { SubtaskDetail } from '../../../topology/contract/job-detail.ts'
import { METRICS_CONTENT_TYPE } from '../../observability/metrics-server.ts'
import { Backpressure, backpressureOf } from '../backpressure.ts'
import {
  CheckpointDetail,
  CheckpointStatistics,
  JobDetail,
  JobEvent,
  JobExceptions,
  JobList,
  JobSummary,
  MetricList,
  Overview,
  Plan,
  RescaleOptions,
  StopOptions,
  SubmitRequest,
  SubtaskList,
  TriggerOptions,
  Watermarks,
} from '../schemas.ts'
import { type Route, route } from './route.ts'

const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true')

/** 202 as long as the checkpoint is under way. */
const checkpoint = {
  kind: 'json',
  schema: CheckpointDetail,
  accepted: ({ state }: { readonly state: string }) => state === 'IN_PROGRESS',
} as const

const json = <S extends z.ZodType>(schema: S) => ({ kind: 'json', schema }) as const

export const ROUTES = {
  overview: route({
    method: 'GET',
    path: '/overview',
    summary: 'The coordinator, and how many jobs it has.',
    answer: json(Overview),
    handle: ({ control }) => control.overview(),
  }),
  shutdown: route({
    method: 'DELETE',
    path: '/cluster',
    summary: 'Stops every job with a savepoint, then ends the coordinator.',
    answer: { kind: 'empty' },
    handle: ({ control }) => control.shutdown(),
  }),
  jobs: route({
    method: 'GET',
    path: '/jobs',
    summary: 'Its jobs, the newest start first.',
    answer: json(JobList),
    handle: async ({ control }) => ({ jobs: await control.jobs() }),
  }),
  submit: route({
    method: 'POST',
    path: '/jobs',
    summary: 'Starts a job, from its last checkpoint when it has one. Session only.',
    body: SubmitRequest,
    answer: json(JobSummary),
    handle: ({ control }, { body }) => control.submit(body),
  }),
  job: route({
    method: 'GET',
    path: '/jobs/:id',
    summary: 'One job: its workers, vertices, last checkpoint.',
    answer: json(JobDetail),
    handle: ({ control }, { params }) => control.job(params.id),
  }),
  cancel: route({
    method: 'PATCH',
    path: '/jobs/:id',
    summary: 'Ends a job without a checkpoint.',
    query: z.object({ mode: z.literal('cancel') }),
    answer: { kind: 'empty' },
    handle: ({ control }, { params }) => control.cancel(params.id),
  }),
  plan: route({
    method: 'GET',
    path: '/jobs/:id/plan',
    summary: 'Its stages, operators, exchanges and lineage.',
    answer: json(Plan),
    handle: async ({ control }, { params }) => (await control.plan(params.id)) as z.input<typeof Plan>,
  }),
  checkpoints: route({
    method: 'GET',
    path: '/jobs/:id/checkpoints',
    summary: 'Counts, the latest of each kind, and the history.',
    answer: json(CheckpointStatistics),
    handle: ({ control }, { params }) => control.checkpoints(params.id),
  }),
  checkpoint: route({
    method: 'POST',
    path: '/jobs/:id/checkpoints',
    summary: 'Takes a checkpoint now.',
    body: TriggerOptions,
    answer: checkpoint,
    handle: ({ control }, { params, body }) => control.checkpoint(params.id, body),
  }),
  savepoint: route({
    method: 'POST',
    path: '/jobs/:id/savepoints',
    summary: 'Takes a savepoint; the job goes on.',
    body: TriggerOptions,
    answer: checkpoint,
    handle: ({ control }, { params, body }) => control.savepoint(params.id, body),
  }),
  stop: route({
    method: 'POST',
    path: '/jobs/:id/stop',
    summary: 'Takes a savepoint and ends the job.',
    body: StopOptions,
    answer: json(CheckpointDetail),
    handle: ({ control }, { params, body }) => control.stop(params.id, body),
  }),
  rescale: route({
    method: 'POST',
    path: '/jobs/:id/rescaling',
    summary: 'Takes a savepoint and goes on from it at another parallelism.',
    body: RescaleOptions,
    answer: json(JobSummary),
    handle: ({ control }, { params, body }) => control.rescale(params.id, body),
  }),
  exceptions: route({
    method: 'GET',
    path: '/jobs/:id/exceptions',
    summary: 'What made its attempts fail.',
    answer: json(JobExceptions),
    handle: ({ control }, { params }) => control.exceptions(params.id),
  }),
  metrics: route({
    method: 'GET',
    path: '/jobs/:id/metrics',
    summary: 'Its metrics, all or those that fit name, uid and subtask.',
    query: z.object({
      name: z.string().exactOptional(),
      uid: z.string().exactOptional(),
      subtask: z.string().exactOptional(),
    }),
    answer: json(MetricList),
    handle: async ({ control }, { params, query: { name, ...labels } }) => {
      const metrics = await control.metrics(params.id)
      const wanted = Object.entries(labels)
      return {
        metrics: metrics.filter(
          (metric) =>
            (name === undefined || metric.name === name) &&
            wanted.every(([label, value]) => metric.labels[label] === value),
        ),
      }
    },
  }),
  subtasks: route({
    method: 'GET',
    path: '/jobs/:id/vertices/:uid/subtasks',
    summary: 'The subtasks of a vertex.',
    answer: json(SubtaskList),
    handle: async ({ control }, { params }) => ({ subtasks: await control.subtasks(params.id, params.uid) }),
  }),
  backpressure: route({
    method: 'GET',
    path: '/jobs/:id/vertices/:uid/backpressure',
    summary: 'How much a vertex is held back by what comes after it.',
    answer: json(Backpressure),
    handle: async ({ control }, { params }) => backpressureOf(await control.subtasks(params.id, params.uid)),
  }),
  watermarks: route({
    method: 'GET',
    path: '/jobs/:id/vertices/:uid/watermarks',
    summary: 'The watermark of each subtask of a vertex.',
    answer: json(Watermarks),
    handle: async ({ control }, { params }) => ({
      watermarks: (await control.subtasks(params.id, params.uid)).map(watermarkOf),
    }),
  }),
  logs: route({
    method: 'GET',
    path: '/jobs/:id/logs',
    summary: 'The last lines of its log; with follow, what comes as well.',
    query: z.object({
      tail: z.coerce.number<string>().int().min(0).max(100_000).exactOptional(),
      follow: queryFlag.exactOptional(),
    }),
    answer: { kind: 'lines' },
    handle: ({ control }, { params, query, signal }) => control.logs(params.id, { ...query, signal }),
  }),
  events: route({
    method: 'GET',
    path: '/jobs/:id/events',
    summary: 'What happens to the job, as it happens; Last-Event-ID goes on behind that event.',
    answer: { kind: 'events', schema: JobEvent },
    handle: ({ control }, { params, signal, lastEventId }) =>
      control.events(params.id, { signal, ...(lastEventId === undefined ? {} : { after: lastEventId }) }),
  }),
  metricsText: route({
    method: 'GET',
    path: '/metrics',
    summary: "All metrics in Prometheus' text format.",
    answer: { kind: 'text', contentType: METRICS_CONTENT_TYPE },
    handle: (served) => served.metricsText(),
  }),
  openApi: route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This interface as an OpenAPI document.',
    answer: json(z.record(z.string(), z.unknown())),
    handle: async (served) => served.openApi() as Record<string, unknown>,
  }),
} as const satisfies Readonly<Record<string, Route<any, any, any, any>>>

export type RouteName = keyof typeof ROUTES

function watermarkOf({ index, watermarkMs }: SubtaskDetail) {
  return { index, watermarkMs }
}
