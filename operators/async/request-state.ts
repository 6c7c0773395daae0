/**
 * Unanswered requests in split state, in the order in which they are asked again.
 *
 * ```text
 * parallelism      how many subtasks there were
 * request/1/0      the first request of subtask 1: { record: 'dynamic@1:…', timestampMs, … }
 * ```
 *
 * A record is written by the codec that needs no schema, for most streams have none, and is base64 of its bytes. What else
 * there is to say of it stands beside it.
 *
 * A subtask takes up its own; after a rescale, those of its key groups, and of those without a key its share in turn.
 */
import { BufferReader, BufferWriter, dynamic } from '../../topology/codec/index.ts'
import { stateCorrupt } from '../../topology/codec/state-corrupt.ts'
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { subtaskOf } from '../../topology/key.ts'
import { Request, type RequestPlace } from './request.ts'

type Subtask = Pick<OperatorContext, 'uid' | 'subtask' | 'parallelism' | 'keyGroups'>

/** Before the bytes of a record: by which codec they were written. */
const FORM = `${dynamic.name}@${dynamic.version}:`

const ENTRY = /^request\/(\d+)\/(\d+)$/

/** @throws {OperatorError} naming the operator and the record that can't be kept. */
export function* requestEntries({ uid, subtask }: Subtask, requests: Iterable<Request>): Iterable<[string, Json]> {
  let index = 0
  for (const request of requests) yield [`request/${subtask}/${index++}`, toEntry(uid, request) as unknown as Json]
}

export function restoredRequests(
  { subtask, parallelism, keyGroups }: Subtask,
  restored: ReadonlyMap<string, Json>,
): readonly Request[] {
  const all = [...restored].flatMap(([name, json]) => {
    const [, of, index] = ENTRY.exec(name) ?? []
    return of === undefined
      ? []
      : [{ of: Number(of), index: Number(index), request: fromEntry(json as unknown as Entry) }]
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

type Entry = RequestPlace & { readonly record: string }

function toEntry(uid: string, { record, place }: Request): Entry {
  const writer = new BufferWriter(64)
  try {
    dynamic.write(writer, record)
  } catch (cause) {
    const value = describeValue(record)
    throw new OperatorError(`${uid}: the checkpoint can't hold the record ${value}: ${(cause as Error).message}`, {
      cause,
      fix: 'Records hold primitives, dates, Uint8Arrays, arrays, sets, maps and plain objects.',
      details: { uid, value },
    })
  }
  return { record: FORM + Buffer.from(writer.written()).toString('base64'), ...place }
}

function fromEntry({ record, timestampMs, split, origin, keyGroup }: Entry): Request {
  if (!record.startsWith(FORM)) throw stateCorrupt(`a request is not of the form ${FORM}`)
  const bytes = Buffer.from(record.slice(FORM.length), 'base64')
  return new Request(dynamic.read(new BufferReader(bytes)), { timestampMs, split, origin, keyGroup })
}
