/** A schema registry that speaks Confluent's interface, in a container, at an address that outlives a restart. */
import {
  GenericContainer,
  getContainerRuntimeClient,
  RandomPortGenerator,
  type StartedTestContainer,
  Wait,
} from 'testcontainers'
import { openConfluentRegistry } from '../../../connectors/registry/confluent/confluent-registry.ts'
import type { SchemaRegistry } from '../../../connectors/registry/registry.ts'

export interface Apicurio extends AsyncDisposable {
  readonly container: StartedTestContainer
  readonly url: string
  /** A client of its own; the caller closes it. */
  open(): SchemaRegistry
  /** Takes connections and answers nothing, until it goes on. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export async function startApicurio(): Promise<Apicurio> {
  const port = await new RandomPortGenerator().generatePort()
  const container = await new GenericContainer('apicurio/apicurio-registry-mem:2.6.13.Final')
    .withExposedPorts({ container: 8080, host: port })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withStartupTimeout(120_000)
    .start()
  const url = `http://localhost:${port}/apis/ccompat/v7`
  const { container: docker } = await getContainerRuntimeClient()
  const handle = docker.getById(container.getId())
  return {
    container,
    url,
    open: () => openConfluentRegistry({ url, timeoutMs: 1_000 }),
    pause: () => handle.pause(),
    resume: () => handle.unpause(),
    async [Symbol.asyncDispose]() {
      await container.stop()
    },
  }
}
