/** Who may ask: a program of this machine that knows the token, and no web page. */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { SluiceError } from '../../../topology/errors.ts'
import { isOwnName } from '../../http/own-name.ts'

export interface Admission {
  /** What is listened on. */
  readonly host: string
  /** Undefined: everyone who can reach the port may ask. */
  readonly token: string | undefined
}

/** @throws {SluiceError} `HOST_REFUSED`, `ORIGIN_REFUSED`, `UNAUTHORIZED` */
export function admit(headers: IncomingHttpHeaders, { host, token }: Admission): void {
  if (!isOwnName(headers.host, host)) {
    throw new SluiceError('HOST_REFUSED', `the Host header ${JSON.stringify(headers.host ?? '')} is not this machine`, {
      fix: `Ask by address, as localhost or as ${host}; REST_HOST sets another name.`,
      details: { host: headers.host },
    })
  }
  if (isForeign(headers)) {
    throw new SluiceError('ORIGIN_REFUSED', `requests of pages from ${headers.origin ?? 'elsewhere'} are refused`, {
      fix: 'Ask from a program, or from a page that this server sent.',
      details: { origin: headers.origin },
    })
  }
  if (token !== undefined && !isBearer(headers.authorization, token)) {
    throw new SluiceError(
      'UNAUTHORIZED',
      headers.authorization === undefined ? 'the request has no token' : 'the token is not the one of this coordinator',
      { fix: 'Send Authorization: Bearer with what is in run/token under SLUICE_DATA_DIR.' },
    )
  }
}

/** Browsers tell where a page came from: `Origin` on all that may change something, `Sec-Fetch-Site` on the rest as well. */
function isForeign({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin.toLowerCase() !== `http://${host!.toLowerCase()}`) return true
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

function isBearer(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '')
  const expected = Buffer.from(token)
  // Lengths tell nothing: every token has the same.
  return given.length === expected.length && timingSafeEqual(given, expected)
}
