/** The store that all processes of a simulation share: whole objects, each request with latency and faults. */
import type { FileIO, FileStatus } from '../../topology/contract/file-io.ts'
import { SluiceError } from '../../topology/errors.ts'
import { ask } from './remote-service.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Climate } from './weather.ts'

export class SimulatedStore {
  readonly contents = new Map<string, Uint8Array>()
  readonly climate: Climate
  /** Told of everything that has become durable. */
  onStored: (location: string, bytes: Uint8Array) => void = () => {}

  constructor(climate: Climate) {
    this.climate = climate
  }

  read(location: string): Uint8Array {
    const bytes = this.contents.get(location)
    if (bytes === undefined) throw new SluiceError('FILE_NOT_FOUND', `there is no file ${location}`)
    return bytes
  }

  write(location: string, bytes: Uint8Array): void {
    this.contents.set(location, bytes)
    this.onStored(location, bytes)
  }

  list(prefix: string): FileStatus[] {
    return [...this.contents]
      .filter(([location]) => location.startsWith(prefix))
      .map(([location, bytes]) => ({ location, sizeBytes: bytes.length, modifiedMs: 0 }))
  }

  /** The store as a process sees it. */
  filesOf(process: SimulatedProcess): FileIO {
    return this.filesThrough((verb, location, effect) => {
      const completes = verb === 'create' && location.endsWith('.journal')
      return ask(process, this.climate, () => `${verb} ${shortName(location)}`, effect, completes)
    })
  }

  /** The store without anything in between. */
  get files(): FileIO {
    return this.filesThrough(async (_verb, _location, effect) => effect())
  }

  private filesThrough(request: <T>(verb: string, location: string, effect: () => T) => Promise<T>): FileIO {
    const store = this
    return {
      read: async (location, range) => {
        const bytes = await request('read', location, () => store.read(location))
        return range === undefined ? bytes : bytes.subarray(range.start, range.end)
      },
      write: (location, bytes) => {
        const copy = bytes.slice()
        return request('write', location, () => store.write(location, copy))
      },
      create: (location, bytes) => {
        const copy = bytes.slice()
        return request('create', location, () => {
          if (store.contents.has(location)) return false
          store.write(location, copy)
          return true
        })
      },
      async *list(prefix) {
        yield* await request('list', prefix, () => store.list(prefix))
      },
      delete: (location) => request('delete', location, () => void store.contents.delete(location)),
      close: async () => {},
    }
  }
}

/** Without what is random in a name, so that two runs of a seed have one trace. */
function shortName(location: string): string {
  return location
    .replace(/^sim:\/\/\/[a-z]+\//, '')
    .replace(/snap-.*/, 'snap-*')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '*')
    .replace(/[0-9a-f]{60}\b/, '*')
}
