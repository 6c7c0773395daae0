/** Checkpoints of every format version there has been are restored, and their job ends as if it had never stopped. */
import { expect, test } from 'vitest'
import { CHECKPOINT_FORMAT_VERSION } from '../../runtime/checkpoint/seal.ts'
import { goldenOf, restoreFixture, VERSIONS } from '../fixtures/checkpoints/restore.ts'

test('there is one of each version', () => {
  expect(VERSIONS).toEqual(Array.from({ length: CHECKPOINT_FORMAT_VERSION }, (_, index) => `v${index + 1}`))
})

test.each(VERSIONS)('%s', async (version) => {
  const { status, committed } = await restoreFixture(version)
  expect(status.restoredFrom).toMatch(/\/manifests\/1-1\.manifest$/)
  const golden = goldenOf(version)
  expect(Object.keys(golden)).toEqual(['late', 'thirds', 'too-old', 'totals'])
  expect(Object.values(golden).every((rows) => rows.length > 0)).toBe(true)
  expect(committed).toEqual(golden)
})
