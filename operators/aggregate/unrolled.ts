/**
 * Functions of several aggregates with a place in the code for each of them, where V8 learns what that one does and can
 * inline it. A loop over aggregates has one place for all, and learns nothing.
 */
import { generated } from '../../topology/generated.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Aggregate } from './aggregate.ts'
import type { Aggregates } from './combine.ts'

let made = 0

export interface Unrolled {
  readonly parameters: readonly string[]
  /** What stands before the first aggregate's part. */
  readonly before?: string
  /** The part of the aggregate that is called `a0`, `a1` …; it says `at = 0`, `at = 1` … before it calls. */
  readonly body: (places: readonly number[]) => string
  /** What is shown of a failure: one of the parameters, or of what `before` declares. */
  readonly failedOn: string
}

/**
 * Compiles a function of `named` aggregates; where making code is forbidden, `slow` is returned.
 *
 * @throws {OperatorError} (the function) naming operator, aggregate and value, when an aggregate throws.
 */
export function unrolled<F extends (...args: any[]) => any>(uid: string, named: Aggregates, of: Unrolled, slow: F): F {
  const names = Object.keys(named)
  const aggregates = Object.values(named) as Aggregate<unknown, unknown>[]
  const places = names.map((_, place) => place)
  const failed = (place: number, value: unknown, error: unknown) =>
    userFunctionError(uid, `${names[place]}: ${aggregates[place]!.description}`, value, error)
  // The number makes it code of its own: V8 gives functions of one text what it has learned of all of them.
  const code = `
    // ${made++}
    const [${places.map((place) => `a${place}`).join(', ')}] = aggregates
    return (${of.parameters.join(', ')}) => {
      ${of.before ?? ''}
      let at = 0
      try { ${of.body(places)} } catch (error) { throw failed(at, ${of.failedOn}, error) }
    }`
  return generated<(from: typeof aggregates, onFailure: typeof failed) => F>(
    ['aggregates', 'failed'],
    code,
    () => slow,
  )(aggregates, failed)
}
