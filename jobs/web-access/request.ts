/** From a line of a web server's log to a request that may be kept: who it was is left out. */
import type { Row } from '../../topology/schema/index.ts'
import type { Logged, Request } from './schemas.ts'

const BOT = /bot|crawler|spider/i

export function toRequest(logged: Row<typeof Logged>): Row<typeof Request> {
  return {
    requested_at: logged.at,
    network: networkOf(logged.client_ip),
    method: logged.method,
    route: routeOf(logged.path),
    status: logged.status,
    size_bytes: logged.size_bytes ?? 0n,
    duration_ms: logged.duration_ms,
    is_bot: logged.user_agent != null && BOT.test(logged.user_agent),
    source_partition: logged.source_partition,
    source_offset: logged.source_offset,
  }
}

/** `203.0.113.7` → `203.0.113`; of an IPv6 address the first three groups, which name a site. */
function networkOf(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 3).join(':') : address.slice(0, address.lastIndexOf('.'))
}

/** `/products/17?color=red` → `/products/:id` */
function routeOf(path: string): string {
  const end = path.indexOf('?')
  return (end < 0 ? path : path.slice(0, end)).replace(/\/\d+(?=\/|$)/g, '/:id')
}
