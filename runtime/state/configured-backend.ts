/** The state backend that configuration asks for. */
import type { Config } from '../config/config.ts'
import { DiskStateBackend } from './disk/disk-backend.ts'
import { HeapStateBackend } from './heap-backend.ts'
import type { OpenStateBackend } from './state-backend.ts'

/** What opens the backend of each subtask. */
export function configuredBackend({ backend, directory, cacheBytes }: Config['state']): OpenStateBackend {
  return backend === 'disk'
    ? (options) => new DiskStateBackend({ ...options, directory, cacheBytes })
    : (options) => new HeapStateBackend(options)
}
