/** How many subtasks a part of a job has, where it is not as many as the job. */
import { TopologyError } from './errors.ts'
import type { StreamHandle } from './stream.ts'

/**
 * Gives what `build` adds a parallelism of its own; the rest of the job has that of `--parallelism`. Records are dealt
 * out anew where the parallelism changes. A rescale of the job leaves it as it is.
 *
 * @throws {TopologyError} `PARALLELISM` when it is no whole number above 0.
 * @example silver.pipe(parallelism(1, to(table('silver.events', SilverEvent))))
 * @example input.pipe(parallelism(8, (stream: typeof input) => stream.pipe(map(fn))))
 */
export function parallelism<S extends StreamHandle, R>(subtasks: number, build: (stream: S) => R): (stream: S) => R {
  if (!(Number.isInteger(subtasks) && subtasks > 0)) {
    throw new TopologyError('PARALLELISM', `a parallelism can't be ${subtasks}`, {
      fix: 'It is a whole number from 1 to the number of key groups.',
    })
  }
  return (stream) => stream.graph.withParallelism(subtasks, () => build(stream))
}
