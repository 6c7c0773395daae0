/** The order of strings by their code points, which is that of their UTF-8 bytes. */

/**
 * Compares two strings as sorting does: negative, 0 or positive. JavaScript's own `<` orders UTF-16 code units, which
 * differs where a surrogate meets a character from U+E000 to U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates after everything else of the basic plane. */
function rank(codeUnit: number): number {
  return (codeUnit & 0xf800) === 0xd800 ? codeUnit + 0x10000 : codeUnit
}
