/** What a host says in JSON: checked, since it comes from a program that nobody here wrote. */
import * as z from 'zod'
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { Json } from '../../topology/json.ts'
import { protocolError } from './protocol-error.ts'

const count = z.int().nonnegative()

export const Hello = z.object({
  protocol: z.literal('sluice-stage'),
  /** The greatest version that the host speaks. */
  version: z.int().positive(),
  token: z.string(),
  /** Of the plan that the host means; a stage of another plan refuses. */
  fingerprint: z.string().optional(),
})
export type Hello = z.infer<typeof Hello>

export const Open = z.object({
  subtask: count,
  parallelism: z.int().positive(),
  /** Of the attempt, decimal. */
  epoch: z.string().regex(/^\d{1,19}$/),
  /** Present: processing time is the host's, which tells it in `time` frames. */
  nowMs: z.number().optional(),
  restore: z
    .object({
      /** How many chunk frames follow. */
      chunks: count,
      split: z.record(z.string(), z.record(z.string(), z.unknown())) as z.ZodType<
        Readonly<Record<string, Readonly<Record<string, Json>>>>
      >,
      watermarkMs: z.number().nullable(),
      dropUnclaimed: z.boolean().default(false),
    })
    .optional(),
})
export type Open = z.infer<typeof Open>

/** Of a chunk; what a stage says beside it when it takes a snapshot (checkpoint and number) is of no interest any more. */
export const ChunkDescription = z.object({
  uid: z.string(),
  state: z.string(),
  codec: z.object({ name: z.string(), version: count, layout: z.unknown().optional() }),
  firstKeyGroup: count,
  lastKeyGroup: count,
  entries: count,
  sha256: z.string().optional(),
}) as unknown as z.ZodType<Omit<StateChunk, 'bytes'> & { readonly sha256?: string }>

/** @throws {SluiceError} `STAGE_PROTOCOL` saying what is wrong with it */
export function parseMessage<T>(what: string, schema: z.ZodType<T>, text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw protocolError(`its ${what} is no JSON`, error)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  const field = path.length === 0 ? '' : ` (${path.join('.')})`
  throw protocolError(`its ${what} is wrong${field}: ${message}`)
}
