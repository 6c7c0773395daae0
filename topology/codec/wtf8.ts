/**
 * Strings as bytes without loss: UTF-8, except that a lone surrogate is kept as the three bytes of its code point (WTF-8).
 *
 * `Buffer` and `TextEncoder` would replace it by U+FFFD, and two keys would become one.
 */
import { stateCorrupt } from './state-corrupt.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How many bytes `writeWtf8` writes. */
export function wtf8Length(text: string): number {
  // A lone surrogate counts as U+FFFD here, which has three bytes too.
  return Buffer.byteLength(text, 'utf8')
}

/** Writes `text` at `offset`; `bytes` must have room for `wtf8Length(text)`. */
export function writeWtf8(bytes: Buffer, offset: number, text: string): void {
  if (text.isWellFormed()) {
    bytes.write(text, offset, 'utf8')
    return
  }
  let at = offset
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes[at++] = 0xe0 | (code >> 12)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else {
      at += bytes.write(character, at, 'utf8')
    }
  }
}

/** @throws {SluiceError} `STATE_CORRUPT` when the bytes are not what `writeWtf8` writes. */
export function readWtf8(bytes: Buffer, start: number, end: number): string {
  let text = ''
  let from = start
  // Lone surrogates are told by their first two bytes, ED A0…BF, which no other UTF-8 sequence contains.
  for (let at = bytes.indexOf(0xed, start); at >= 0 && at + 2 < end; at = bytes.indexOf(0xed, at + 1)) {
    const second = bytes[at + 1]!
    const third = bytes[at + 2]!
    if (second < 0xa0 || second > 0xbf || (third & 0xc0) !== 0x80) continue
    text += decode(bytes, from, at) + String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
    from = at + 3
  }
  return text + decode(bytes, from, end)
}

function decode(bytes: Buffer, start: number, end: number): string {
  if (start === end) return ''
  try {
    return strictUtf8.decode(bytes.subarray(start, end))
  } catch (error) {
    throw stateCorrupt('a string holds bytes that are no UTF-8', error)
  }
}
