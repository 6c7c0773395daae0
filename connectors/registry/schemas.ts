/** The schemas that records name, as a process knows them: fetched once each, by their ids. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { PlacedValue } from '../../topology/contract/serde.ts'
import type { Patience } from './patience.ts'
import type { RegisteredSchema, SchemaRegistry } from './registry.ts'

/** For so long an id is unknown that the registry did not know: it may be one that is being registered. */
const UNKNOWN_MS = 10_000
/** Records whose bytes are no schema's may name any number of ids. */
const MAX_UNKNOWN = 10_000
const CONCURRENT_REQUESTS = 8

export class Schemas {
  private readonly registry: SchemaRegistry
  private readonly patience: Patience
  private readonly clock: Clock
  private readonly known = new Map<number, RegisteredSchema>()
  /** Until when, in milliseconds of the steady clock. */
  private readonly unknown = new Map<number, number>()
  private readonly fetches = new Map<number, Promise<void>>()

  constructor(registry: SchemaRegistry, patience: Patience, clock: Clock) {
    this.registry = registry
    this.patience = patience
    this.clock = clock
  }

  /** Undefined: the registry has none of this id, or has not been asked. */
  get(id: number): RegisteredSchema | undefined {
    return this.known.get(id)
  }

  /** Whether the registry has been asked lately. */
  isSettled(id: number): boolean {
    return this.known.has(id) || (this.unknown.get(id) ?? Number.NEGATIVE_INFINITY) > this.clock.monotonicMs()
  }

  /**
   * Resolves once all are settled, however long the registry is away.
   *
   * @param ids each with a record that names it
   */
  async fetch(ids: ReadonlyMap<number, PlacedValue>): Promise<void> {
    const waiting = ids.entries()
    const next = async (): Promise<void> => {
      for (const [id, record] of waiting) await this.fetchOne(id, record)
    }
    await Promise.all(Array.from({ length: Math.min(CONCURRENT_REQUESTS, ids.size) }, next))
  }

  /** Several who need one schema wait for one request. */
  private fetchOne(id: number, record: PlacedValue): Promise<void> {
    let fetching = this.fetches.get(id)
    if (fetching === undefined) {
      fetching = this.ask(id, record).finally(() => this.fetches.delete(id))
      this.fetches.set(id, fetching)
    }
    return fetching
  }

  private async ask(id: number, { topic, partition, offset }: PlacedValue): Promise<void> {
    const question = {
      what: `schema ${id}, which ${topic}[${partition}]@${offset} names`,
      fields: { schemaId: id, topic, partition, offset: String(offset) },
    }
    const found = await this.patience.untilAnswered(question, () => this.registry.schemaById(id))
    if (found !== undefined) {
      this.known.set(id, found)
      return
    }
    if (this.unknown.size >= MAX_UNKNOWN) this.unknown.clear()
    this.unknown.set(id, this.clock.monotonicMs() + UNKNOWN_MS)
  }
}
