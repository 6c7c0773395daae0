/**
 * Checkpoint files carry their kind, format version, length and checksum in a first line of text:
 *
 *     sluice-<kind> <format version> <body length in bytes> <SHA-256, hexadecimal>\n<body>
 *
 * The checksum covers the line up to it, and the body. So a torn, truncated or altered file is told from a good one before
 * a byte of its body is used.
 */
import { createHash } from 'node:crypto'
import { SluiceError } from '../../topology/errors.ts'

export type SealedKind = 'journal' | 'manifest' | 'state'

/** Raised with every change of what the bodies hold; files of every older version stay readable. */
export const CHECKPOINT_FORMAT_VERSION = 2

export interface Sealed {
  readonly formatVersion: number
  readonly body: Uint8Array
  readonly sha256: string
}

export function seal(kind: SealedKind, body: Uint8Array): { readonly bytes: Uint8Array; readonly sha256: string } {
  const claim = `sluice-${kind} ${CHECKPOINT_FORMAT_VERSION} ${body.length}`
  const sha256 = checksum(claim, body)
  return { bytes: Buffer.concat([Buffer.from(`${claim} ${sha256}\n`, 'latin1'), body]), sha256 }
}

/**
 * @param expected the checksum of the file that is meant, where it is known: another file in its place is no better than a
 * damaged one.
 * @throws {SluiceError} `CHECKPOINT_CORRUPT` naming the file and what is wrong with it; `CHECKPOINT_VERSION`
 */
export function unseal(kind: SealedKind, bytes: Uint8Array, file: string, expected?: string): Sealed {
  const end = bytes.indexOf(0x0a)
  const header = end < 0 || end > 200 ? undefined : Buffer.from(bytes.subarray(0, end)).toString('latin1')
  const match = header?.match(/^(sluice-([a-z]+) ([1-9]\d{0,8}) (\d{1,15})) ([0-9a-f]{64})$/)
  if (match == null || match[2] !== kind) throw corrupt(file, `it does not begin as a ${kind} file does`)
  const body = bytes.subarray(end + 1)
  if (body.length !== Number(match[4])) throw corrupt(file, `it holds ${body.length} bytes, ${match[4]} were written`)
  const sha256 = checksum(match[1]!, body)
  if (sha256 !== match[5]) throw corrupt(file, 'its checksum does not match')
  if (expected !== undefined && sha256 !== expected) throw corrupt(file, 'another file is in its place')
  const formatVersion = Number(match[3])
  if (formatVersion > CHECKPOINT_FORMAT_VERSION) {
    throw new SluiceError(
      'CHECKPOINT_VERSION',
      `${file} has format version ${formatVersion}, this Sluice reads up to ${CHECKPOINT_FORMAT_VERSION}`,
      {
        fix: 'Run the version of Sluice that wrote it, or a later one.',
        details: { file, formatVersion },
      },
    )
  }
  return { formatVersion, body, sha256 }
}

function checksum(claim: string, body: Uint8Array): string {
  return createHash('sha256').update(claim, 'latin1').update(body).digest('hex')
}

/** The error that says so. */
export function corrupt(file: string, what: string): SluiceError {
  return new SluiceError('CHECKPOINT_CORRUPT', `${file} is damaged: ${what}`, {
    fix: 'It is not used. The checkpoint before it is, when there is one.',
    details: { file },
  })
}
