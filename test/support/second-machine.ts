/**
 * A data directory as another machine sees it that shares log, catalog, warehouse and checkpoints with the first: all but
 * the lock that keeps two runs on one machine apart.
 */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What `runtime submit` is given there. */
export interface SecondMachine {
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
}

/** @param directory is made */
export function secondMachine(dataDir: string, directory: string): SecondMachine {
  mkdirSync(directory)
  for (const name of ['log.db', 'catalog.db', 'warehouse']) symlinkSync(join(dataDir, name), join(directory, name))
  return { dataDir: directory, env: { CHECKPOINT_DIR: join(dataDir, 'checkpoints') } }
}
