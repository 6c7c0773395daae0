/** Prints the hash of a job's files as a worker finds them: Vitest loads modules in a way of its own. */
import { loadJob } from '../../runtime/control/load-job.ts'

console.log((await loadJob(process.argv[2]!, process.cwd())).filesSha256)
