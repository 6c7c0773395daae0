/** Tokens: what one end must know to be listened to by the other. */
import { timingSafeEqual } from 'node:crypto'

/** Whether `given` is the token, in a time that does not tell how much of it is right. */
export function isToken(given: unknown, token: string): boolean {
  const expected = Buffer.from(token)
  const bytes = Buffer.from(String(given))
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}
