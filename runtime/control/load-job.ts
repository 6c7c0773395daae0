/** Loads a job module and takes its topology: the default export. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { placeOf, withPlace } from '../../topology/error-place.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import { isTopology, type Topology } from '../../topology/topology.ts'
import { type ModuleFiles, moduleFiles, watchModuleFiles } from './module-files.ts'

export interface LoadedJob {
  readonly topology: Topology
  /** Absolute path of the module. */
  readonly file: string
  /** The module and every local file it loads. */
  readonly files: ModuleFiles
}

/**
 * @param file path of the module, relative to `cwd`
 * @throws {SluiceError} `JOB_NOT_FOUND`, `JOB_INVALID` (it does not parse, or throws while it is built; with file and
 * line), `JOB_NO_TOPOLOGY`, or the TopologyError of its build.
 * @example const { topology } = await loadJob('jobs/medallion/job.ts', process.cwd())
 */
export async function loadJob(file: string, cwd: string): Promise<LoadedJob> {
  const path = resolve(cwd, file)
  watchModuleFiles()
  if (!existsSync(path)) {
    throw new SluiceError('JOB_NOT_FOUND', `there is no job file ${file}`, {
      fix: 'Name a module whose default export is topology(…), as in jobs/medallion/job.ts.',
      details: { file },
    })
  }
  let loaded: { readonly default?: unknown }
  try {
    loaded = (await import(pathToFileURL(path).href)) as typeof loaded
  } catch (error) {
    if (isSluiceError(error)) throw error
    throw new SluiceError('JOB_INVALID', `${file} can't be loaded: ${withPlace(error)}`, {
      cause: error,
      fix: 'Mend the module; `npx tsc --noEmit` shows what is wrong with its types.',
      details: { file, at: placeOf(error) },
    })
  }
  if (!isTopology(loaded.default)) {
    throw new SluiceError('JOB_NO_TOPOLOGY', `${file} has no topology as its default export`, {
      fix: "Write export default topology('name', ({ from }) => { … }).",
      details: { file, exports: Object.keys(loaded) },
    })
  }
  return { topology: loaded.default, file: path, files: moduleFiles(path) }
}
