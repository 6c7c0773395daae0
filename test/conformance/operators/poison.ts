/** An n that no function of a user can stand. */
export const POISON = 13

/** What functions of subjects look at n through. */
export function stand(n: number): number {
  if (n === POISON) throw new RangeError(`nobody can stand ${n}`)
  return n
}
