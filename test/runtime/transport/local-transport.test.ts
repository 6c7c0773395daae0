import { describe, it } from 'vitest'
import { LocalTransport } from '../../../runtime/transport/local-transport.ts'
import { transportConformance } from '../../conformance/transport.ts'

describe('LocalTransport', () => {
  it.each(transportConformance)('$name', ({ run }) => run({ transport: new LocalTransport(), nowhere: 'local:99' }))
})
