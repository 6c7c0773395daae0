/** All queries, by name: q0–q22 but q6, which nobody's SQL can say. */
import { q0 } from './q0.ts'
import { q1 } from './q1.ts'
import { q2 } from './q2.ts'
import { q10 } from './q10.ts'
import { q14 } from './q14.ts'
import { q21 } from './q21.ts'
import { q22 } from './q22.ts'
import type { NexmarkQuery } from './query.ts'

export const QUERIES: Readonly<Record<string, NexmarkQuery>> = { q0, q1, q2, q10, q14, q21, q22 }
