/**
 * Unanswered requests in split state, in the order in which they are asked again.
 *
 * ```text
 * parallelism      how many subtasks there were
 * request/1/0      the first request of subtask 1
 * ```
 *
 * A subtask takes up its own; after a rescale, those of its key groups, and of those without a key its share in turn.
 */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { subtaskOf } from '../../topology/key.ts'
import { type Request, requestFromJson, requestToJson } from './request.ts'

type Subtask = Pick<OperatorContext, 'uid' | 'subtask' | 'parallelism' | 'keyGroups'>

const ENTRY = /^request\/(\d+)\/(\d+)$/

/** @throws {OperatorError} naming the operator and the record that can't be kept. */
export function* requestEntries({ uid, subtask }: Subtask, requests: Iterable<Request>): Iterable<[string, Json]> {
  let index = 0
  for (const request of requests) yield [`request/${subtask}/${index++}`, entryOf(uid, request)]
}

export function restoredRequests(
  { subtask, parallelism, keyGroups }: Subtask,
  restored: ReadonlyMap<string, Json>,
): readonly Request[] {
  const all = [...restored].flatMap(([name, json]) => {
    const [, of, index] = ENTRY.exec(name) ?? []
    return of === undefined ? [] : [{ of: Number(of), index: Number(index), request: requestFromJson(json) }]
  })
  all.sort((a, b) => a.of - b.of || a.index - b.index)
  const isSame = restored.get('parallelism') === parallelism
  const ownerOf = ({ of, request }: (typeof all)[number], position: number): number => {
    if (isSame) return of
    const { keyGroup } = request.place
    return keyGroup === undefined ? position % parallelism : subtaskOf(keyGroup, parallelism, keyGroups)
  }
  return all.filter((each, position) => ownerOf(each, position) === subtask).map(({ request }) => request)
}

function entryOf(uid: string, request: Request): Json {
  try {
    return requestToJson(request)
  } catch (cause) {
    const value = describeValue(request.record)
    throw new OperatorError(`${uid}: the checkpoint can't hold the record ${value}: ${(cause as Error).message}`, {
      cause,
      fix: 'Let records hold plain objects, arrays, Maps, Sets, Dates, bytes and primitives.',
      details: { uid, value },
    })
  }
}
