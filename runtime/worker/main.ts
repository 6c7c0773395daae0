/** The main module of a worker process. */
import module from 'node:module'

// Stripping types and compiling is two thirds of a start; the second one finds it done.
module.enableCompileCache()
const { runWorkerProcess } = await import('./worker-process.ts')
await runWorkerProcess()
