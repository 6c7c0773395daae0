/**
 * What the compiler does for jobs: instantiations, time and memory of pipes of ten operators, of wide schemas and of
 * joins, each above those of a module that only imports.
 */
import { compileProject } from '../support/type-project.ts'
import { type Measurement, median } from './measure.ts'

const ROUNDS = 3
/** How often each thing stands in its module, so that one of them weighs more than chance. */
const COPIES = 20

const IMPORTS = `
import { z } from 'zod'
import {
  aggregate, avg, count, decimal, deduplicate, eventTime, filter, flatMap, hours, intervalJoin, keyBy, long, map, max,
  minutes, select, sum, table, timestamptz, to, topic, topology, tumbling, union, window, windowStart,
} from 'sluice'
`
const ORDER = `
const Order = z.object({ id: z.string(), user: z.string(), amount: decimal(18, 2), at: timestamptz() })
const Shipment = z.object({ id: z.string(), carrier: z.string(), at: timestamptz() })
const Sales = z.object({ user: z.string(), start: timestamptz(), total: decimal(38, 2), orders: long(), mean: z.number() })
`

interface CompilerFigures {
  readonly instantiations: number
  readonly types: number
  readonly checkMs: number
  readonly memoryKiB: number
}

const MODULES: Readonly<Record<string, string>> = {
  'ten piped operators': `${ORDER}${copies(
    (n) => `
topology('job-${n}', ({ from }) => {
  const { out } = from(topic('orders', Order)).pipe(
    filter((order) => order.amount > 0n),
    map((order) => ({ ...order, user: order.user.trim() })),
    eventTime('at', { outOfOrderness: minutes(5) }),
    flatMap((order) => [order]),
    filter((order) => order.user !== ''),
    map(({ id, user, amount, at }) => ({ id, user, amount, at })),
    select(Order),
    keyBy('user'),
    window(tumbling(hours(1))),
    aggregate({ start: windowStart(), total: sum('amount'), orders: count(), mean: avg((order) => Number(order.amount)) }),
  )
  out.pipe(to(table('gold.sales_${n}', Sales)))
})`,
  )}`,
  'schemas of 100 fields': copies(
    (n) => `
const Wide${n} = z.object({ id: z.string(), at: timestamptz(), ${fields(98)} })
const Sum${n} = z.object({ f0: z.string(), start: timestamptz(), total: long(), greatest: long() })
topology('wide-${n}', ({ from }) => {
  const { out: once } = from(topic('wide', Wide${n})).pipe(
    eventTime('at', { outOfOrderness: minutes(5) }),
    filter((row) => row.f0 !== ''),
    deduplicate({ by: 'id', within: hours(1) }),
  )
  once.pipe(to(table('silver.wide_${n}', Wide${n})))
  const { out } = once.pipe(
    keyBy('f0'),
    window(tumbling(hours(1))),
    aggregate({ start: windowStart(), total: sum('f1'), greatest: max('f3') }),
  )
  out.pipe(map(({ f0, start, total, greatest }) => ({ f0, start, total: total ?? 0n, greatest: greatest ?? 0n })), to(table('gold.wide_${n}', Sum${n})))
})`,
  ),
  joins: `${ORDER}${copies(
    (n) => `
topology('joins-${n}', ({ from }) => {
  const orders = from(topic('orders', Order)).pipe(eventTime('at', { outOfOrderness: minutes(5), name: 'orders' }))
  const shipments = from(topic('shipments', Shipment)).pipe(eventTime('at', { outOfOrderness: minutes(5), name: 'shipments' }))
  const { out } = orders.pipe(
    keyBy('id'),
    intervalJoin(shipments.pipe(keyBy('id')), {
      lower: hours(0),
      upper: hours(4),
      select: (order, shipment) => ({ ...order, carrier: shipment.carrier }),
    }),
  )
  const { out: again } = out.pipe(
    keyBy('id'),
    intervalJoin(shipments.pipe(keyBy('id')), {
      lower: hours(0),
      upper: hours(4),
      name: 'again',
      select: (left, right) => ({ id: left.id, user: left.user, amount: left.amount, at: right.at }),
    }),
  )
  union(again, orders).pipe(to(table('silver.orders_${n}', Order)))
})`,
  )}`,
}

export async function benchTypes(): Promise<Measurement[]> {
  const base = await measured('')
  const results: Measurement[] = [
    { name: 'imports alone: instantiations', value: base.instantiations, unit: '' },
    { name: 'imports alone: check time', value: base.checkMs, unit: 'ms' },
    { name: 'imports alone: memory', value: base.memoryKiB / 1024, unit: 'MiB' },
  ]
  for (const [name, text] of Object.entries(MODULES)) {
    const found = await measured(text)
    results.push(
      {
        name: `${name}: instantiations a job`,
        value: (found.instantiations - base.instantiations) / COPIES,
        unit: '',
      },
      { name: `${name}: types a job`, value: (found.types - base.types) / COPIES, unit: '' },
      { name: `${name}: check time a job`, value: (found.checkMs - base.checkMs) / COPIES, unit: 'ms' },
      { name: `${name}: memory a job`, value: (found.memoryKiB - base.memoryKiB) / COPIES, unit: 'KiB' },
    )
  }
  return results
}

async function measured(text: string): Promise<CompilerFigures> {
  const rounds: CompilerFigures[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await compiled(text))
  return {
    instantiations: rounds[0]!.instantiations,
    types: rounds[0]!.types,
    checkMs: median(rounds.map(({ checkMs }) => checkMs)),
    memoryKiB: median(rounds.map(({ memoryKiB }) => memoryKiB)),
  }
}

async function compiled(text: string): Promise<CompilerFigures> {
  // One checker: several share the work out by chance, and each makes its own types.
  const printed = await compileProject({ 'jobs.ts': `${IMPORTS}${text}\nexport {}\n` }, [
    '--extendedDiagnostics',
    '--singleThreaded',
    '--noUnusedLocals',
    'false',
  ])
  const complaint = /^.*error TS.*$/m.exec(printed)
  if (complaint !== null) throw new Error(complaint[0])
  const figure = (name: string) => Number(new RegExp(`^${name}: +([\\d.]+)`, 'm').exec(printed)![1])
  return {
    instantiations: figure('Instantiations'),
    types: figure('Types'),
    checkMs: figure('Check time') * 1000,
    memoryKiB: figure('Memory used'),
  }
}

function copies(of: (n: number) => string): string {
  return Array.from({ length: COPIES }, (_, n) => of(n)).join('\n')
}

/** As wide tables have them: texts, numbers, decimals and integers in turn. */
function fields(count: number): string {
  const kinds = [
    'z.string()',
    'long()',
    'decimal(18, 2)',
    'long()',
    'z.number()',
    'z.string().nullish()',
    'timestamptz()',
  ]
  return Array.from({ length: count }, (_, index) => `f${index}: ${kinds[index % kinds.length]}`).join(', ')
}
