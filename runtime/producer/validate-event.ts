/** Checks an event against its schema and says everything that is wrong with it at once. */
import type { z } from 'zod'
import { SluiceError } from '../../topology/errors.ts'
import type { EventSchema } from './envelope.ts'

export interface EventProblem {
  /** `payload.amount`; empty for the event itself. */
  readonly path: string
  readonly message: string
}

/** @throws {SluiceError} `EVENT_INVALID`; `details.errors` holds every {@link EventProblem}. */
export function validateEvent(schema: EventSchema, event: unknown, topic: string): void {
  const result = schema.safeParse(event)
  if (!result.success) throw eventInvalid(topic, result.error.issues.flatMap(problemsOf))
}

/**
 * The event as JSON bytes.
 *
 * @throws {SluiceError} `EVENT_INVALID` when it has no JSON form (a bigint, a cycle) or a string in it no UTF-8 form (half of
 *   a surrogate pair).
 */
export function encodeEvent(event: unknown, topic: string): Buffer {
  let text: string
  try {
    text = JSON.stringify(event)
  } catch (error) {
    throw eventInvalid(topic, [{ path: '', message: `has no JSON form: ${(error as Error).message}` }])
  }
  // JSON.stringify escapes a surrogate only where its other half is missing.
  if (SURROGATE_ESCAPE.test(text)) {
    const problems = [...illFormedStrings(event, '')]
    if (problems.length > 0) throw eventInvalid(topic, problems)
  }
  return Buffer.from(text)
}

const SURROGATE_ESCAPE = /\\ud[89a-f]/

function* illFormedStrings(value: unknown, path: string): Generator<EventProblem> {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) yield { path, message: 'has half of a surrogate pair, which UTF-8 cannot say' }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`
      if (!name.isWellFormed()) yield { path: at, message: 'is named with half of a surrogate pair' }
      yield* illFormedStrings(member, at)
    }
  }
}

function problemsOf(issue: z.core.$ZodIssue): EventProblem[] {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'unknown field' }))
  }
  return [{ path, message: issue.message }]
}

export function eventInvalid(topic: string, errors: readonly EventProblem[]): SluiceError {
  const listed = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return new SluiceError('EVENT_INVALID', `event for topic '${topic}' is invalid: ${listed}`, {
    fix: 'Correct the fields named; use publishRaw for bytes that are to go in as they are.',
    details: { topic, errors },
  })
}
