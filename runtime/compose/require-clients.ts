/** The heavy clients of connectors are optional peers of the package: says which one to install before it is missed. */
import { findPackageJSON } from 'node:module'
import { SluiceError } from '../../topology/errors.ts'

/**
 * @param purpose what needs them, as a subject: "SQL", "writing tables".
 * @throws {SluiceError} `CLIENT_MISSING` naming those that are not installed.
 */
export function requireClients(purpose: string, clients: readonly string[], from: string = import.meta.url): void {
  const missing = clients.filter((client) => !isInstalled(client, from))
  if (missing.length === 0) return
  throw new SluiceError(
    'CLIENT_MISSING',
    `${purpose} needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed`,
    { fix: `Install beside sluice: npm install ${missing.join(' ')}`, details: { missing } },
  )
}

function isInstalled(client: string, from: string): boolean {
  try {
    return findPackageJSON(client, from) !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return false
    throw error
  }
}
