/** The harness itself, where operators do not show it: two inputs. */
import { expect, it } from 'vitest'
import { Batch } from '../../topology/element.ts'
import { append, type Stream } from '../../topology/stream.ts'
import { harness2 } from '../support/operator-harness.ts'

it('tells an operator of two inputs which one a batch came by, and merges their watermarks', async () => {
  const run = await harness2((left: Stream<string>, right: Stream<number>) =>
    append<Stream<string>>([left, right], {
      uid: 'both',
      kind: 'both',
      behaviour: {
        type: 'operator',
        create: ({ emit }) => ({
          onBatch: (batch, input) => emit('out', new Batch(batch.values.map((value) => `${input}:${value}`))),
        }),
      },
    }),
  )
  run.left.batch(['a']).watermark(5)
  run.right.batch([1]).watermark(3)
  run.batch(['b'])
  expect(run.rows()).toEqual(['0:a', '1:1', '0:b'])
  expect(run.watermarks()).toEqual([3])
  run.left.end()
  expect(run.elements().at(-1)?.kind).toBe('batch')
  run.right.end()
  expect(run.elements().at(-1)?.kind).toBe('end')
})
