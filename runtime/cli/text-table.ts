/** Rows as aligned text, for people. */

export interface TextTableOptions {
  /** Columns whose values stand at the right. */
  readonly alignRight?: ReadonlySet<number>
  /** Longer values are cut off. @default never */
  readonly maxCellWidth?: number
}

/** Two spaces between columns, a line under the head. Control characters are shown as escapes, never sent. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { alignRight = new Set(), maxCellWidth = Number.POSITIVE_INFINITY }: TextTableOptions = {},
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => clip(printable(cell), maxCellWidth)))
  const widths = head.map((_, column) => cells.reduce((widest, row) => Math.max(widest, displayWidth(row[column]!)), 0))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column]! - displayWidth(cell))
        return alignRight.has(column) ? padding + cell : cell + padding
      })
      .join('  ')
      .trimEnd(),
  )
  return [lines[0], widths.map((width) => '─'.repeat(width)).join('  '), ...lines.slice(1), ''].join('\n')
}

/** Control and format characters could move the cursor, or hide what follows. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0)!
    return character === '\n' ? '\\n' : character === '\t' ? '\\t' : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

function clip(text: string, maxWidth: number): string {
  if (text.length <= maxWidth) return text
  return `${Array.from(text)
    .slice(0, maxWidth - 1)
    .join('')}…`
}

/** Columns a terminal gives to the text. */
function displayWidth(text: string): number {
  // Printable ASCII, the common case.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\u200d/u.test(character)) continue
    width += /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
      character,
    )
      ? 2
      : 1
  }
  return width
}
