/** A row of the jobs here. */
import { z } from 'zod'
import { decimal, long, timestamptz } from '../../../topology/index.ts'

export const Order = z.object({ id: long(), amount: decimal(18, 2), updated_at: timestamptz() })
