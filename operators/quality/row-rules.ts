/** Rules over a whole row. */
import { z } from 'zod'
import { checkBoolean } from '../../topology/user-function.ts'
import { type RowRule, type RuleOptions, ruleBase } from './rule.ts'

/**
 * A rule of one's own: `holds` returns whether the row is as it should be.
 *
 * @param reason why not, as a text or made from the row
 * @throws {OperatorError} naming the rule and the record, when `holds` throws or returns no boolean.
 * @example custom('ships_after_order', (order) => order.shipped >= order.ordered, 'shipped before it was ordered')
 */
export function custom<T>(
  name: string,
  holds: (row: T) => boolean,
  reason: string | ((row: T) => string),
  options: RuleOptions<T> = {},
): RowRule<T> {
  return {
    kind: 'row',
    ...ruleBase(name, options),
    compile: () => (row) => {
      if (checkBoolean(holds(row))) return undefined
      return typeof reason === 'string' ? reason : reason(row)
    },
  }
}

/**
 * The row, as it is in memory, is valid by a zod schema; what the schema would transform is not taken over. Ten times
 * the cost of the other rules.
 *
 * @example conforms('known_product', z.object({ product_id: z.enum(products) }))
 */
export function conforms<T>(name: string, schema: z.ZodType, options: RuleOptions<T> = {}): RowRule<T> {
  return {
    kind: 'row',
    ...ruleBase(name, options),
    compile: () => (row) => {
      const result = schema.safeParse(row)
      return result.success ? undefined : z.prettifyError(result.error).replaceAll('\n', '')
    },
  }
}
