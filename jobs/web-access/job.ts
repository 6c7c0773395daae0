/**
 * The web-access job: what web servers log, without noise and names, sorted into requests and failures. It keeps no state
 * but its place in the topic.
 *
 *     node jobs/web-access/simulate.ts 10000 | npx runtime publish web-access - --raw
 *     npx runtime submit jobs/web-access/job.ts --until latest
 *     npx runtime sql "SELECT route, count(*), max(duration_ms) FROM web.requests GROUP BY route ORDER BY 2 DESC"
 */
import { branch, bronzeLayer, expect, filter, map, oneOf, range, rules, union } from '../../operators/index.ts'
import { day, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'
import { toRequest } from './request.ts'
import { Access, Logged, Refused, Request } from './schemas.ts'

const AccessRules = rules(Logged.partial(), [
  oneOf('method', ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
  range('status', { min: 100, max: 599 }),
  range('duration_ms', { min: 0 }),
])

export default topology('web-access', ({ from }) => {
  const { parsed, rejected } = from(topic('web-access', Access)).pipe(
    bronzeLayer({
      sourceSystem: 'web-server',
      columns: {
        at: 'at',
        client_ip: 'client_ip',
        method: 'method',
        path: 'path',
        status: 'status',
        size_bytes: 'size_bytes',
        duration_ms: 'duration_ms',
        user_agent: 'user_agent',
      },
    }),
  )
  const { out: valid, quarantined } = parsed.pipe(expect(AccessRules, { as: Logged }))
  union(rejected, quarantined).pipe(to(table('web.refused', Refused)))

  const { failures, out: requests } = valid.pipe(
    filter(({ path }) => path !== '/healthz'),
    map(toRequest),
    branch({ failures: ({ status }) => status >= 500 }),
  )
  requests.pipe(to(table('web.requests', Request, { partitionBy: [day('requested_at')] })))
  failures.pipe(to(table('web.failures', Request)))
})
