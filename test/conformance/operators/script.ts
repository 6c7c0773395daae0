/** What is done to an operator in a test, in a form that can be sent to another process. */
import type { Json } from '../../../topology/json.ts'
import type { Stream } from '../../../topology/stream.ts'
import type { SubjectName } from './subjects.ts'

/** What goes in. */
export interface Item {
  /** Null against its type where a record is dirt. */
  readonly key: string
  readonly n: number
  /** The event time: epoch microseconds. */
  readonly at: bigint
}

/** A record: key, event time in milliseconds, n. */
export type Row = readonly [key: string | null, atMs: number, n: number]

/** Inputs, from 0, are in no order among each other: what one has to see before another does lies before a barrier. */
export type Step =
  /** One batch. @default input 0 */
  | { readonly rows: readonly Row[]; readonly input?: number }
  /** @default input all of them */
  | { readonly watermark: number; readonly input?: number }
  /** A checkpoint, and the commit of what came out before it. */
  | { readonly barrier: true }
  /** The same, and a crash behind it: what follows is done to who has been restored, with one subtask more. */
  | { readonly restart: true }
  /** Whoever is before the operator fails. */
  | { readonly error: string }

export interface Script {
  readonly steps: readonly Step[]
  /**
   * `drain`: the input ends, windows are closed. `stop`: with a savepoint. `cancel`: at once, with nothing. `failure`: the
   * job does not outlive the steps.
   */
  readonly end: 'drain' | 'stop' | 'cancel' | 'failure'
}

/** What came of it. */
export interface Outcome {
  /** By output: the rows that were committed, as JSON, in the order of their text; outputs without any are left out. */
  readonly rows: Readonly<Record<string, readonly Json[]>>
  readonly error?: { readonly code: string; readonly uid?: string }
}

/** An operator under test, by name in ./subjects.ts. */
export interface Subject {
  /** It has as many inputs as it names parameters. */
  readonly build: (...inputs: Stream<Item>[]) => { readonly out: Stream<any>; readonly [side: string]: Stream<any> }
}

/** A place where operators run. */
export interface OperatorRunner {
  readonly name: string
  run(subject: SubjectName, script: Script): Promise<Outcome>
}

/** The inputs that a step is for, of so many. */
export function inputsOf(step: Step, inputs: number): readonly number[] {
  if ('rows' in step) return [step.input ?? 0]
  if ('watermark' in step && step.input !== undefined) return [step.input]
  return Array.from({ length: inputs }, (_, input) => input)
}

/** A row as it is compared: 64-bit numbers as text. */
export function toJson(row: unknown): Json {
  return JSON.parse(JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)))
}

export function sortedRows(rows: Readonly<Record<string, readonly Json[]>>): Outcome['rows'] {
  const byText = (a: Json, b: Json) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  return Object.fromEntries(
    Object.entries(rows).flatMap(([port, all]) => (all.length === 0 ? [] : [[port, all.toSorted(byText)]])),
  )
}
