/** Prints a job's files as a worker finds them: Vitest loads modules in a way of its own. */
import { loadJob } from '../../runtime/control/load-job.ts'

console.log(JSON.stringify((await loadJob(process.argv[2]!, process.cwd())).files))
