/** Types of PostgreSQL endpoints: checked by tsc, never run. */
import { z } from 'zod'
import { postgres } from '../../topology/postgres.ts'
import { long, timestamptz } from '../../topology/schema/index.ts'
import type { Stream, UpdatingStream } from '../../topology/stream.ts'
import { to } from '../../topology/to.ts'
import type { TopologyBuilder } from '../../topology/topology.ts'

const Order = z.object({ id: long(), at: timestamptz() })
const connection = 'POSTGRES_URL'
const key = ['id'] as const

declare const from: TopologyBuilder['from']
declare const orders: Stream<{ id: bigint; at: bigint }>
declare const changing: UpdatingStream<{ id: bigint; at: bigint }>
declare const others: Stream<{ id: string }>

const table = postgres('orders', Order, { connection, table: 'orders', key })
const read = postgres('orders', Order, { connection, table: 'orders', key, incrementBy: 'at' })
const query = postgres('orders', Order, { connection, query: 'SELECT id, at FROM orders', key, incrementBy: 'id' })

from(read).pipe(to(table))
from(query).pipe(to(read))
orders.pipe(to(table))
changing.pipe(to(table))
// @ts-expect-error rows of another shape
others.pipe(to(table))
// @ts-expect-error along which column?
from(table)
// @ts-expect-error a query needs a column to read along
postgres('orders', Order, { connection, query: 'SELECT id, at FROM orders', key })
// @ts-expect-error no column of the schema
postgres('orders', Order, { connection, table: 'orders', key: ['ID'] })
