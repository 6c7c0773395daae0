/** Has an HTTP server listen, and says where. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Resolves to the URL, without a slash at its end: `http://127.0.0.1:43117`.
 *
 * @param port 0: any free one
 * @throws the system's error, such as EADDRINUSE
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { address, family, port: taken } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`
}
