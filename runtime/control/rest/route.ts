/** What a route of the REST interface is: described once; router, checks, OpenAPI and client follow from it. */
import type * as z from 'zod'
import type { JobControl } from '../../../topology/contract/job-control.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** What comes back. */
export type Answer =
  /** 200; 202 when `accepted` says that it is under way only. */
  | { readonly kind: 'json'; readonly schema: z.ZodType; readonly accepted?: (value: any) => boolean }
  /** 204. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly contentType: string }
  /** text/plain, a line at a time. */
  | { readonly kind: 'lines' }
  /** Server-sent events; `schema` is that of their data, whose `type` is the event's. */
  | { readonly kind: 'events'; readonly schema: z.ZodType }

/** Schemas infer mutable values, and what a coordinator gives is not. */
type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** What a handler returns for each kind of answer. */
export type Returned<A extends Answer> = A extends { kind: 'json'; schema: infer S extends z.ZodType }
  ? Promise<Immutable<z.input<S>>>
  : A extends { kind: 'empty' }
    ? Promise<void>
    : A extends { kind: 'text' }
      ? Promise<string>
      : A extends { kind: 'lines' }
        ? Promise<AsyncIterable<string>>
        : Promise<AsyncIterable<{ readonly id: string; readonly event: { readonly type: string } }>>

/** What a server has to answer with. */
export interface Served {
  readonly control: JobControl
  /** All metrics in Prometheus' text format. */
  metricsText(): Promise<string>
  openApi(): object
}

export interface RouteInput<Params extends string = string, Query = any, Body = any> {
  readonly params: Readonly<Record<Params, string>>
  readonly query: Query
  readonly body: Body
  /** Aborted when the client is gone, or the server closes. */
  readonly signal: AbortSignal
  readonly lastEventId: string | undefined
}

/** The names after colons: `/jobs/:id/plan` has `id`. */
export type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export interface Route<
  Path extends string = string,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
  A extends Answer = Answer,
> {
  readonly method: Method
  /** Segments that begin with a colon stand for any one segment, percent-encoded. */
  readonly path: Path
  readonly summary: string
  readonly query?: Query
  readonly body?: Body
  readonly answer: A
  handle(served: Served, input: RouteInput<ParamsOf<Path>, z.output<Query>, z.output<Body>>): Returned<A>
}

/** Infers what `handle` gets and has to return. */
export function route<
  const Path extends string,
  const A extends Answer,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(description: Route<Path, Query, Body, A>): Route<Path, Query, Body, A> {
  return description
}
