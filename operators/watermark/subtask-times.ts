/**
 * Times that every subtask of an operator keeps in split state, such as how far its watermark had come.
 *
 * ```text
 * parallelism     how many subtasks there were: all of them say the same
 * watermark/0     the time of that name of subtask 0, unless it had none yet
 * ```
 *
 * At a restore each subtask is given the entries of all.
 */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Json } from '../../topology/json.ts'
import { subtaskOf } from '../../topology/key.ts'

type Subtask = Pick<OperatorContext, 'subtask' | 'parallelism'>

/** How the times of all subtasks make that of one which stands for others than before. */
const AFTER_RESCALE = {
  /** For what has been judged: it must not be taken back. A subtask that had none yet has judged nothing. */
  greatest: (timesMs: readonly number[]) => Math.max(...timesMs, MIN_WATERMARK_MS),
  /** For what has been promised: what another subtask promised is no promise of this one. */
  least: (timesMs: readonly number[], subtasks: number) =>
    timesMs.length < subtasks ? MIN_WATERMARK_MS : Math.min(...timesMs),
}

/** The time of a name that this subtask goes on from, −∞ when there is none: its own, unless there was a rescale. */
export function restoredTime(
  { subtask, parallelism }: Subtask,
  restored: ReadonlyMap<string, Json>,
  name: string,
  afterRescale: keyof typeof AFTER_RESCALE,
): number {
  // Checkpoints that don't say are of the time when there was one subtask.
  const subtasks = (restored.get('parallelism') ?? 1) as number
  if (subtasks === parallelism) return (restored.get(`${name}/${subtask}`) ?? MIN_WATERMARK_MS) as number
  const times = [...restored].filter(([entry]) => entry.startsWith(`${name}/`)).map(([, timeMs]) => timeMs as number)
  return AFTER_RESCALE[afterRescale](times, subtasks)
}

/** By key group, the time of a name of the subtask that had it: for what was judged apart for each key. */
export function restoredTimesByKeyGroup(
  { keyGroups }: Pick<OperatorContext, 'keyGroups'>,
  restored: ReadonlyMap<string, Json>,
  name: string,
): Float64Array {
  const subtasks = (restored.get('parallelism') ?? 1) as number
  return Float64Array.from({ length: keyGroups }, (_, keyGroup) => {
    return (restored.get(`${name}/${subtaskOf(keyGroup, subtasks, keyGroups)}`) ?? MIN_WATERMARK_MS) as number
  })
}

/** What a checkpoint is to hold of this subtask's times. */
export function timeEntries(
  { subtask, parallelism }: Subtask,
  times: Readonly<Record<string, number>>,
): Map<string, number> {
  const entries = new Map<string, number>([['parallelism', parallelism]])
  for (const [name, timeMs] of Object.entries(times)) {
    if (timeMs > MIN_WATERMARK_MS) entries.set(`${name}/${subtask}`, timeMs)
  }
  return entries
}
