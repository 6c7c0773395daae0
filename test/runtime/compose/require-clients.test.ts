import { expect, it } from 'vitest'
import { requireClients } from '../../../runtime/compose/require-clients.ts'

it('is content with what is installed', () => {
  expect(() => requireClients('writing tables', ['apache-arrow', 'parquet-wasm', '@duckdb/node-api'])).not.toThrow()
})

it('names what is missing, and the command that installs it', () => {
  expect(() => requireClients('writing tables', ['apache-arrow', 'no-such-client'])).toThrow(
    expect.objectContaining({
      code: 'CLIENT_MISSING',
      message: 'writing tables needs no-such-client, which is not installed',
      fix: 'Install beside sluice: npm install no-such-client',
    }),
  )
})
