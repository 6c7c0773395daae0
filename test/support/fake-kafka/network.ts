/** The line between clients and the fake broker: what becomes of each request is the test's to say. */

export interface FakeRequest {
  readonly kind: RequestKind
  /** The driver that sends it, by its name. */
  readonly client: string
  /** The transactional id, or the topic. */
  readonly subject: string
}

export type RequestKind =
  | 'admin'
  | 'offsets'
  | 'fetch'
  | 'init-producer'
  | 'produce'
  | 'end-transaction'
  /** What the broker does by itself: it tells the partitions of a transaction how it has ended. */
  | 'write-markers'

/**
 * Carries one request: `arrive` lets the broker do what it asks for, and gives the reply or throws the broker's error.
 * Whoever never calls it loses the request, whoever throws after it the reply.
 */
export type FakeNetwork = <T>(request: FakeRequest, arrive: () => T) => Promise<T>

/** The connection broke: whether the request has arrived is not known to the client. */
export class ConnectionLost extends Error {
  constructor() {
    super('the connection was lost')
  }
}

/** `lost`: it never arrives. `reply-lost`: the broker does what it says, nobody hears. `hangs`: neither, and no end. */
export type Fate = 'lost' | 'reply-lost' | 'hangs'

/** Answers at once, but for what it was told otherwise about. */
export class ScriptedNetwork {
  private readonly script: { readonly kind: RequestKind; readonly fate: Fate; readonly subject: string | undefined }[] =
    []

  /** The next `times` requests of a kind (and subject) meet this fate. */
  next(kind: RequestKind, fate: Fate, { times = 1, subject }: { times?: number; subject?: string } = {}): void {
    for (let i = 0; i < times; i++) this.script.push({ kind, fate, subject })
  }

  readonly carry: FakeNetwork = async (request, arrive) => {
    const at = this.script.findIndex(
      ({ kind, subject }) => kind === request.kind && (subject === undefined || subject === request.subject),
    )
    const fate = at < 0 ? undefined : this.script.splice(at, 1)[0]!.fate
    if (fate === 'hangs') return new Promise(() => {})
    if (fate === 'lost') throw new ConnectionLost()
    const reply = arrive()
    if (fate === 'reply-lost') throw new ConnectionLost()
    return reply
  }
}
