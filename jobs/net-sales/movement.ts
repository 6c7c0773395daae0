/** Sales and returns in one form, so that they can be counted together. */
import type { Row } from '../../topology/schema/index.ts'
import type { Movement, Return, Sale } from './schemas.ts'

export function ofSale({ sale_id, product_id, quantity, amount, sold_at }: Row<typeof Sale>): Row<typeof Movement> {
  return {
    movement_id: `sale ${sale_id}`,
    kind: 'sale',
    product_id,
    sold: BigInt(quantity),
    returned: 0n,
    gross: amount,
    refunds: 0n,
    moved_at: sold_at,
  }
}

export function ofReturn(returned: Row<typeof Return>): Row<typeof Movement> {
  return {
    movement_id: `return ${returned.return_id}`,
    kind: 'return',
    product_id: returned.product_id,
    sold: 0n,
    returned: BigInt(returned.quantity),
    gross: 0n,
    refunds: returned.refund,
    moved_at: returned.returned_at,
  }
}
