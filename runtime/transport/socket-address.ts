/** Where sockets are: `unix:/path` and `tcp:host:port`. */
import { SluiceError } from '../../topology/errors.ts'

export type SocketAddress =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }

/** @throws {SluiceError} `ADDRESS_INVALID` */
export function parseSocketAddress(address: string): SocketAddress {
  if (address.startsWith('unix:/')) return { type: 'unix', path: address.slice('unix:'.length) }
  const match = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (match !== null && port <= 65535) return { type: 'tcp', host: (match[1] ?? match[2])!, port }
  throw new SluiceError('ADDRESS_INVALID', `${address} is no address`, {
    fix: 'An address is unix: and an absolute path, or tcp:host:port, with brackets around an IPv6 address.',
    details: { address },
  })
}

export function tcpAddress(host: string, port: number): string {
  return host.includes(':') ? `tcp:[${host}]:${port}` : `tcp:${host}:${port}`
}
