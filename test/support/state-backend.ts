/**
 * Which state backend the harness of operators runs on: `SLUICE_TEST_STATE=disk` puts every test of an operator on the one
 * on disk, with no cache to speak of, so that values come back from there.
 */
import { tmpdir } from 'node:os'
import { DiskStateBackend } from '../../runtime/state/disk/disk-backend.ts'
import type { OpenStateBackend } from '../../runtime/state/state-backend.ts'

/** Undefined: the default, on the heap. */
export const testBackend: OpenStateBackend | undefined =
  process.env['SLUICE_TEST_STATE'] === 'disk'
    ? (options) => new DiskStateBackend({ ...options, directory: tmpdir(), cacheBytes: 1, stepChanges: 1 })
    : undefined
