/** An authority of the test's own, and what it has signed for the broker and for a client; made by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface KeyPair {
  /** PEM, as is `key`. */
  readonly certificate: string
  readonly key: string
}

export interface Certificates {
  readonly ca: string
  /** For localhost. */
  readonly broker: KeyPair
  readonly client: KeyPair
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const sign = (name: string, extension: string): KeyPair => {
    writeFileSync(join(folder, `${name}.ext`), extension)
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '2', '-out', `${name}.crt`, '-extfile', `${name}.ext`],
    )
    return { certificate: read(`${name}.crt`), key: read(`${name}.key`) }
  }
  try {
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=sluice-test-ca'],
      ...['-keyout', 'ca.key', '-out', 'ca.crt'],
    )
    const broker = sign('broker', 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    return { ca: read('ca.crt'), broker, client: sign('client', 'extendedKeyUsage=clientAuth\n') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
