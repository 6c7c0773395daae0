/** Checkpoints of every format version there has been are restored, and their job ends as if it had never stopped. */
import { describe, expect, test } from 'vitest'
import { CHECKPOINT_FORMAT_VERSION } from '../../runtime/checkpoint/seal.ts'
import { goldenOf, restoreFixture, VERSIONS } from '../fixtures/checkpoints/restore.ts'

test('there is one of each version', () => {
  expect(VERSIONS).toEqual(Array.from({ length: CHECKPOINT_FORMAT_VERSION }, (_, index) => `v${index + 1}`))
})

describe.each(VERSIONS)('%s', (version) => {
  test('says what an undisturbed run comes to', () => {
    const golden = goldenOf(version)
    const since2 = version === 'v1' ? [] : ['tally']
    expect(Object.keys(golden)).toEqual([...since2, 'late', 'thirds', 'too-old', 'totals'].sort())
    expect(Object.values(golden).every((rows) => rows.length > 0)).toBe(true)
  })

  test.each([1, 2, 4])('comes to the same at parallelism %i', async (parallelism) => {
    const { status, committed } = await restoreFixture(version, parallelism)
    expect(status.restoredFrom).toMatch(/\/manifests\/1-\d+\.manifest$/)
    expect(committed).toEqual(goldenOf(version))
  })
})
