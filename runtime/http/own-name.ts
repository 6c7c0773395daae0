/** Whether a request means this machine: the guard against a web page that has its own name resolve to it (DNS rebinding). */
import { isIP } from 'node:net'

/** Of a `Host` header: `localhost`, an address, or the `host` that is listened on. A name can be made to point anywhere, an address cannot. */
export function isOwnName(header: string | undefined, host: string): boolean {
  if (header === undefined) return false
  const name = header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return name === 'localhost' || name === host.toLowerCase() || isIP(name) !== 0
}

/** Whether only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
