/** Topics as the environment declares them, in JSON by name: the first is copied into the others. */
import { z } from 'zod'
import { to, topic, topology } from '../../../topology/index.ts'

const Order = z.object({ id: z.string() })

export default topology('topics', ({ from }) => {
  const [source, ...targets] = Object.entries(JSON.parse(process.env['DECLARED']!)).map(([name, declaration]) =>
    topic(name, Order, declaration as object),
  )
  const orders = from(source!)
  for (const target of targets) orders.pipe(to(target))
})
