/** Rows of ten fields as exchanges carry them: three strings, numbers, bigints, a boolean, one field that may be null. */

export interface TenFields {
  readonly orderId: string
  readonly customer: string
  readonly country: string
  readonly product: number
  readonly quantity: number
  readonly discount: number | null
  readonly weight: number
  readonly totalCents: bigint
  readonly orderedAtMicros: bigint
  readonly express: boolean
}

const COUNTRIES = ['DE', 'FR', 'IT', 'PL', 'ES', 'NL', 'United Kingdom', 'United States of America']

export function tenFieldRows(from: number, to: number): TenFields[] {
  return Array.from({ length: to - from }, (_, index) => {
    const order = from + index
    const scattered = Math.imul(order, 2654435761) >>> 0
    return {
      orderId: `${scattered.toString(16).padStart(8, '0')}-5c1b-4e7a-9d02-${order.toString(16).padStart(12, '0')}`,
      customer: `customer-${scattered % 50_000}`,
      country: COUNTRIES[scattered % COUNTRIES.length]!,
      product: scattered % 10_000,
      quantity: 1 + (scattered % 9),
      discount: scattered % 10 === 0 ? (scattered % 100) / 100 : null,
      weight: (scattered % 10_000) / 16,
      totalCents: BigInt(scattered % 1_000_000),
      orderedAtMicros: 1_790_000_000_000_000n + BigInt(order) * 1000n,
      express: (scattered & 64) === 0,
    }
  })
}

/** Reads every field of every row; the sum keeps the engine from leaving that out. */
export function touchRows(rows: readonly TenFields[]): number {
  let sum = 0
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!
    sum += row.orderId.length + row.customer.length + row.country.length + row.product + row.quantity + row.weight
    sum += row.discount ?? 1
    if (row.totalCents > row.orderedAtMicros) sum++
    if (row.express) sum++
  }
  return sum
}
