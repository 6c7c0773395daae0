/** Posts one batch, and again until it has arrived or has been refused for good. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { PostSettings } from './settings.ts'

export interface Delivery {
  readonly body: Uint8Array
  /** The same each time the batch is sent. */
  readonly idempotencyKey: string
}

export type Outcome = { readonly type: 'delivered' } | { readonly type: 'refused'; readonly status: number }

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface DeliverOptions {
  readonly settings: PostSettings
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: Random
}

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 30_000
/** 4xx that ask for another try. */
const TRANSIENT = new Set([408, 425, 429])

/**
 * Between two tries it waits what `Retry-After` asks for, else up to 200 ms, doubled each time up to 30 s, of which chance
 * takes up to a half off.
 *
 * @throws {SluiceError} `DELIVERY_FAILED` once `retryForMs` has passed. The error never holds a header.
 */
export async function deliver(delivery: Delivery, options: DeliverOptions): Promise<Outcome> {
  const { settings, clock, random } = options
  const startedMs = clock.monotonicMs()
  for (let attempt = 0; ; attempt++) {
    const { outcome, problem, retryAfterMs } = await post(delivery, options)
    if (outcome !== undefined) return outcome
    const jittered = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (1 - random() / 2)
    const delayMs = retryAfterMs ?? jittered
    if (clock.monotonicMs() + delayMs - startedMs > settings.retryForMs) {
      throw new SluiceError(
        'DELIVERY_FAILED',
        `sink "${settings.name}": ${originOf(settings)}: ${problem}, ${attempt + 1} times`,
        {
          fix: 'See that the receiver is there; the job goes on with the same batch when it starts again.',
          details: { sink: settings.name, idempotencyKey: delivery.idempotencyKey, attempts: attempt + 1 },
        },
      )
    }
    await new Promise<void>((resolve) => {
      clock.schedule(delayMs, resolve)
    })
  }
}

interface Attempted {
  readonly outcome?: Outcome
  readonly problem?: string
  readonly retryAfterMs?: number | undefined
}

async function post(
  { body, idempotencyKey }: Delivery,
  { settings, fetch, clock }: DeliverOptions,
): Promise<Attempted> {
  const controller = new AbortController()
  using _timeout = clock.schedule(settings.timeoutMs, () => controller.abort())
  try {
    const response = await fetch(settings.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', ...settings.headers, 'idempotency-key': idempotencyKey },
      body: body as Uint8Array<ArrayBuffer>,
      // A batch goes where it was meant to, with its secrets.
      redirect: 'manual',
      signal: controller.signal,
    })
    await response.body?.cancel()
    const { status } = response
    if (response.ok) return { outcome: { type: 'delivered' } }
    if (status < 500 && !TRANSIENT.has(status)) return { outcome: { type: 'refused', status } }
    return { problem: `it answered ${status}`, retryAfterMs: retryAfterMs(response.headers.get('retry-after'), clock) }
  } catch (error) {
    if (controller.signal.aborted) return { problem: `no answer within ${settings.timeoutMs} ms` }
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
    return { problem: `no connection (${cause?.code ?? (error as Error).name})` }
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null, clock: Clock): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - clock.nowMs())
}

/** Query and path may hold what is not for logs. */
export function originOf({ url }: PostSettings): string {
  return new URL(url).origin
}
