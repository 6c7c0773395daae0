/** The jobs of another process's coordinator: JobControl over REST. */
import type { IncomingMessage } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import type * as z from 'zod'
import type {
  EventOptions,
  JobControl,
  LogOptions,
  RescaleOptions,
  StopOptions,
  SubmitRequest,
  TriggerOptions,
} from '../../../topology/contract/job-control.ts'
import type {
  CheckpointDetail,
  CheckpointStatistics,
  JobDetail,
  JobExceptions,
  JobSummary,
  MetricValue,
  NumberedJobEvent,
  Overview,
  SubtaskDetail,
} from '../../../topology/contract/job-detail.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import { ErrorAnswer, JobEvent } from '../schemas.ts'
import { exchange, unreachable } from './exchange.ts'
import { linesOf, messagesOf } from './read-stream.ts'
import type { ParamsOf, Route } from './route.ts'
import { ROUTES } from './routes.ts'

export interface RestClientOptions {
  /** `http://127.0.0.1:43117` */
  readonly url: string
  readonly token: string | undefined
  /** Aborts every request under way, and refuses further ones. */
  readonly signal?: AbortSignal
}

interface Request<Path extends string> {
  readonly params: Readonly<Record<ParamsOf<Path>, string>>
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Errors of the coordinator come back as they were, by code.
 *
 * Every method also throws `COORDINATOR_UNREACHABLE`, and `COORDINATOR_INCOMPATIBLE` when something else answers, or
 * another version.
 */
export class RestClient implements JobControl {
  readonly url: string
  private readonly options: RestClientOptions

  constructor(options: RestClientOptions) {
    this.url = options.url
    this.options = options
  }

  overview(): Promise<Overview> {
    return this.ask(ROUTES.overview, { params: {} })
  }

  async jobs(): Promise<readonly JobSummary[]> {
    return (await this.ask(ROUTES.jobs, { params: {} })).jobs
  }

  submit(body: SubmitRequest): Promise<JobSummary> {
    return this.ask(ROUTES.submit, { params: {}, body })
  }

  job(id: string): Promise<JobDetail> {
    return this.ask(ROUTES.job, { params: { id } })
  }

  async plan(id: string): Promise<Json> {
    return (await this.ask(ROUTES.plan, { params: { id } })) as Json
  }

  checkpoints(id: string): Promise<CheckpointStatistics> {
    return this.ask(ROUTES.checkpoints, { params: { id } })
  }

  exceptions(id: string): Promise<JobExceptions> {
    return this.ask(ROUTES.exceptions, { params: { id } })
  }

  async metrics(id: string): Promise<readonly MetricValue[]> {
    return (await this.ask(ROUTES.metrics, { params: { id } })).metrics
  }

  async subtasks(id: string, uid: string): Promise<readonly SubtaskDetail[]> {
    return (await this.ask(ROUTES.subtasks, { params: { id, uid } })).subtasks
  }

  savepoint(id: string, body: TriggerOptions = {}): Promise<CheckpointDetail> {
    return this.ask(ROUTES.savepoint, { params: { id }, body })
  }

  checkpoint(id: string, body: TriggerOptions = {}): Promise<CheckpointDetail> {
    return this.ask(ROUTES.checkpoint, { params: { id }, body })
  }

  stop(id: string, body: StopOptions = {}): Promise<CheckpointDetail> {
    return this.ask(ROUTES.stop, { params: { id }, body })
  }

  async cancel(id: string): Promise<void> {
    ;(await this.open(ROUTES.cancel, { params: { id }, query: { mode: 'cancel' } })).resume()
  }

  rescale(id: string, body: RescaleOptions): Promise<JobSummary> {
    return this.ask(ROUTES.rescale, { params: { id }, body })
  }

  async shutdown(): Promise<void> {
    ;(await this.open(ROUTES.shutdown, { params: {} })).resume()
  }

  async events(id: string, { after, signal }: EventOptions = {}): Promise<AsyncIterable<NumberedJobEvent>> {
    const headers: Record<string, string> = after === undefined ? {} : { 'Last-Event-ID': after }
    return this.eventsOf(this.linesOf(await this.open(ROUTES.events, { params: { id }, headers, signal }), signal))
  }

  async logs(id: string, { tail, follow, signal }: LogOptions = {}): Promise<AsyncIterable<string>> {
    return this.linesOf(await this.open(ROUTES.logs, { params: { id }, query: { tail, follow }, signal }), signal)
  }

  /** All its metrics in Prometheus' text format. */
  async metricsText(): Promise<string> {
    return this.whole(await this.open(ROUTES.metricsText, { params: {} }))
  }

  private async *eventsOf(lines: AsyncIterable<string>): AsyncGenerator<NumberedJobEvent> {
    for await (const { id, data } of messagesOf(lines)) yield { id, event: this.checked(JobEvent, parsed(data)) }
  }

  /** Aborted: ends. Broken off: throws. */
  private async *linesOf(response: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<string> {
    try {
      yield* linesOf(response)
    } catch (error) {
      if (signal?.aborted !== true && this.options.signal?.aborted !== true) throw unreachable(this.url, error as Error)
    }
  }

  private async ask<P extends string, S extends z.ZodType>(
    route: Route<P, any, any, { readonly kind: 'json'; readonly schema: S }>,
    request: Request<P>,
  ): Promise<z.output<S>> {
    return this.checked(route.answer.schema, parsed(await this.whole(await this.open(route, request))))
  }

  /** The answer, if it is one: errors are thrown. */
  private async open<R extends Route<any, any, any, any>>(
    { method, path, body: takesBody }: R,
    { params, query = {}, body, headers, signal }: Request<R['path']>,
  ): Promise<IncomingMessage> {
    const { token, signal: always } = this.options
    const signals = [signal, always].filter((each) => each !== undefined)
    const response = await exchange({
      url: this.url,
      method,
      path: pathOf(path, params, query),
      headers: {
        ...headers,
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(takesBody === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: takesBody === undefined ? undefined : JSON.stringify(body ?? {}),
      signal: signals.length === 0 ? undefined : AbortSignal.any(signals),
    })
    if (response.statusCode! < 300) return response
    const { error } = this.checked(ErrorAnswer, parsed(await this.whole(response)))
    const { code, message, fix, details } = error
    throw new SluiceError(code, message, { details, ...(fix === undefined ? {} : { fix }) })
  }

  private async whole(response: IncomingMessage): Promise<string> {
    try {
      return await textOf(response)
    } catch (error) {
      throw unreachable(this.url, error as Error)
    }
  }

  private checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
    const result = schema.safeParse(value)
    if (result.success) return result.data
    throw new SluiceError('COORDINATOR_INCOMPATIBLE', `what answers at ${this.url} is no coordinator of this version`, {
      fix: 'Use the `runtime` that the coordinator was started with, or stop and start that one anew.',
      details: {
        url: this.url,
        problems: result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      },
    })
  }
}

function pathOf(
  path: string,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!))
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given)}`
}

/** What is no JSON is undefined, which no schema takes. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
