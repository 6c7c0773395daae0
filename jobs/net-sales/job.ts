/**
 * The net-sales job: what tills sold and what came back, from two topics, as the net sales of each product and day.
 *
 *     node jobs/net-sales/simulate.ts sales 10000 | npx runtime publish sales - --raw
 *     node jobs/net-sales/simulate.ts returns 10000 | npx runtime publish returns - --raw
 *     npx runtime submit jobs/net-sales/job.ts --until latest --drain
 *     npx runtime sql "SELECT day, sum(gross), sum(refunds), sum(net) FROM gold.net_sales GROUP BY day ORDER BY day"
 */
import {
  aggregate,
  deduplicate,
  eventTime,
  keyBy,
  map,
  sum,
  tumbling,
  union,
  window,
  windowDay,
} from '../../operators/index.ts'
import { days, hours, minutes } from '../../topology/duration.ts'
import { day, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'
import { ofReturn, ofSale } from './movement.ts'
import { Movement, NetSales, Return, Sale } from './schemas.ts'

export default topology('net-sales', ({ from }) => {
  const sales = from(topic('sales', Sale)).pipe(eventTime('sold_at', { outOfOrderness: minutes(10) }), map(ofSale))
  const returns = from(topic('returns', Return)).pipe(
    eventTime('returned_at', { outOfOrderness: minutes(10) }),
    map(ofReturn),
  )

  // Both systems send again what was not acknowledged.
  const { out: movements, late: tooOld } = union(sales, returns).pipe(
    deduplicate({ by: 'movement_id', within: hours(24) }),
  )
  movements.pipe(to(table('silver.movements', Movement, { partitionBy: [day('moved_at')] })))

  const { out: totals, late } = movements.pipe(
    keyBy('product_id'),
    window(tumbling(days(1)), { allowedLateness: hours(1) }),
    aggregate({
      day: windowDay(),
      sold: sum('sold'),
      returned: sum('returned'),
      gross: sum('gross'),
      refunds: sum('refunds'),
    }),
  )
  totals.pipe(
    map(({ product_id, day, sold, returned, gross, refunds }) => {
      return { product_id, day, sold, returned, gross, refunds, net: gross - refunds }
    }),
    to(table('gold.net_sales', NetSales)),
  )
  union(tooOld, late).pipe(to(table('quarantine.late_movements', Movement)))
})
