/** Forms that variables share: from strings, as environment, flags and defaults hold them, to values. */
import * as z from 'zod'
import { DURATION_FORM, parseDurationMs } from './duration.ts'

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.string().trim().toLowerCase().pipe(z.enum(values))
}

export function integer(minimum: number, maximum: number) {
  return z.string().trim().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(minimum).max(maximum))
}

export const durationMs = z.string().transform((text, context) => {
  const parsed = parseDurationMs(text)
  if (parsed !== undefined && parsed > 0) return parsed
  context.addIssue({ code: 'custom', message: `expected ${DURATION_FORM}` })
  return z.NEVER
})

export const durationOrZeroMs = z.string().transform((text, context) => {
  const parsed = parseDurationMs(text)
  if (parsed !== undefined) return parsed
  context.addIssue({ code: 'custom', message: `expected ${DURATION_FORM}` })
  return z.NEVER
})
