/** Chance for one subtask: the same numbers in every attempt, others than its neighbours'. */
import { finish, mixBlock, murmur3 } from '../../topology/codec/murmur3.ts'
import type { Random } from '../../topology/contract/clock.ts'
import type { OperatorContext } from '../../topology/contract/operator.ts'

/** Hashes of a counter: for pauses that shall differ, not for secrets. */
export function subtaskRandom({ uid, subtask }: Pick<OperatorContext, 'uid' | 'subtask'>): Random {
  const seed = murmur3(new TextEncoder().encode(`${uid}#${subtask}`))
  let drawn = 0
  return () => finish(mixBlock(seed, drawn++), 4) / 2 ** 32
}
