import { describe, it } from 'vitest'
import { HeapStateBackend } from '../../../runtime/state/heap-backend.ts'
import { stateBackendConformance } from '../../conformance/state.ts'

describe('HeapStateBackend', () => {
  it.each(stateBackendConformance)('$name', ({ run }) => run((settings) => new HeapStateBackend(settings)))
})
