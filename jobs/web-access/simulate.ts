/**
 * A seeded web server's log, a request a line, with what does not belong there:
 *
 *     node jobs/web-access/simulate.ts [REQUESTS [SEED]]
 */
import type { Random } from '../../topology/contract/clock.ts'
import { integer, seededRandom } from '../medallion/simulator/random.ts'

const ROUTES = ['/', '/products/#', '/products/#?ref=mail', '/cart', '/orders/#/items/#', '/healthz']
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (iPhone)', 'Googlebot/2.1', null]
const STATUSES = [200, 200, 200, 200, 200, 201, 301, 404, 500, 503]

export interface AccessSimulation {
  readonly requests: number
  readonly seed: number
}

/** The same lines for the same seed. */
export function* simulateAccess({ requests, seed }: AccessSimulation): Generator<string, void, void> {
  const random = seededRandom(`web-access ${seed}`)
  let atMs = Date.parse('2026-01-01T00:00:00Z')
  for (let n = 0; n < requests; n++) {
    atMs += integer(random, 20_000)
    yield n % 97 === 96 ? dirt(random) : JSON.stringify(access(random, atMs))
  }
}

function access(random: Random, atMs: number) {
  const any = <T>(values: readonly T[]): T => values[integer(random, values.length)]!
  const isIpv6 = random() < 0.2
  return {
    at: new Date(atMs).toISOString(),
    client_ip: isIpv6
      ? `2001:db8:${integer(random, 999)}::${integer(random, 99)}`
      : `203.0.${integer(random, 99)}.${integer(random, 255)}`,
    method: any(['GET', 'GET', 'GET', 'POST', 'HEAD']),
    path: any(ROUTES).replaceAll('#', () => String(integer(random, 5_000))),
    status: any(STATUSES),
    size_bytes: random() < 0.1 ? null : integer(random, 100_000),
    duration_ms: Math.floor(20 - 80 * Math.log(1 - random())),
    user_agent: any(AGENTS),
    upstream: `app-${integer(random, 4)}`,
  }
}

/** Half a line, a word that is no method, a status that is none. */
function dirt(random: Random): string {
  const good = access(random, Date.parse('2026-01-01T12:00:00Z'))
  const kinds = [
    JSON.stringify(good).slice(0, 40),
    JSON.stringify({ ...good, method: 'BREW' }),
    JSON.stringify({ ...good, status: 0 }),
  ]
  return kinds[integer(random, kinds.length)]!
}

if (import.meta.main) {
  const [requests = '10000', seed = '1'] = process.argv.slice(2)
  for (const line of simulateAccess({ requests: Number(requests), seed: Number(seed) })) console.log(line)
}
