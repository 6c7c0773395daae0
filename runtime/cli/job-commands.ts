/** The commands that look at running jobs and steer them, and those of the session. */
import type { CommandDescription } from './command.ts'
import { dataDir, formats, logging, variableOption } from './command-options.ts'

const job = { name: 'JOB', summary: 'the name of a running job' }
const checkpointDir = variableOption('CHECKPOINT_DIR', 'DIR')
const common = { 'data-dir': dataDir, format: formats('text', 'json') }

export const JOB_COMMANDS: readonly CommandDescription[] = [
  {
    name: 'list',
    summary: 'list the jobs that run, and those of the session that have ended',
    positionals: [],
    options: common,
    examples: ['runtime list', 'runtime list --format json'],
    load: () => import('./list.ts'),
  },
  {
    name: 'stop',
    summary: 'stop a job with a savepoint',
    details: ['The next submit goes on from the savepoint. `runtime cancel` ends a job without one.'],
    positionals: [job],
    options: {
      savepoint: { summary: 'take a savepoint: what stop does anyway, for those who want to say it' },
      drain: { summary: 'close open windows first' },
      ...common,
    },
    examples: ['runtime stop medallion', 'runtime stop medallion --drain'],
    load: () => import('./stop.ts'),
  },
  {
    name: 'cancel',
    summary: 'end a job at once, without a checkpoint',
    details: ['The next submit goes on from the last checkpoint there is.'],
    positionals: [job],
    options: common,
    examples: ['runtime cancel medallion'],
    load: () => import('./cancel.ts'),
  },
  {
    name: 'savepoint',
    summary: 'take a savepoint of a job, which goes on',
    details: ['Savepoints are kept until you delete them; `runtime checkpoints` lists them.'],
    positionals: [job],
    options: common,
    examples: ['runtime savepoint medallion'],
    load: () => import('./savepoint.ts'),
  },
  {
    name: 'checkpoint',
    summary: 'take a checkpoint of a job now',
    positionals: [job],
    options: common,
    examples: ['runtime checkpoint medallion'],
    load: () => import('./checkpoint.ts'),
  },
  {
    name: 'checkpoints',
    summary: 'show the checkpoints of a job: counts, history, what the store holds',
    details: ['What the store holds is shown of a job that does not run as well.'],
    positionals: [{ ...job, summary: 'the name of a job' }],
    options: { ...common, 'checkpoint-dir': checkpointDir },
    examples: ['runtime checkpoints medallion', 'runtime checkpoints medallion --format json'],
    load: () => import('./checkpoints.ts'),
  },
  {
    name: 'rescale',
    summary: 'let a job go on at another parallelism',
    details: ['The job takes a savepoint, stops, and goes on from it; nothing is read twice or lost.'],
    positionals: [job],
    options: {
      parallelism: { summary: 'subtasks of every operator that does not fix its own', value: 'N' },
      workers: { summary: 'worker processes; as many as before if left out', value: 'N' },
      ...common,
    },
    examples: ['runtime rescale medallion --parallelism 4'],
    load: () => import('./rescale.ts'),
  },
  {
    name: 'exceptions',
    summary: 'show what made attempts of a job fail',
    positionals: [job],
    options: common,
    examples: ['runtime exceptions medallion'],
    load: () => import('./exceptions.ts'),
  },
  {
    name: 'logs',
    summary: 'show the last lines that a job has logged',
    positionals: [{ ...job, summary: 'the name of a job' }],
    options: {
      tail: { summary: 'how many lines', value: 'N', default: '100' },
      follow: { summary: 'go on with what comes, until Ctrl-C' },
      'data-dir': dataDir,
    },
    examples: ['runtime logs medallion', 'runtime logs medallion --tail 0 --follow'],
    load: () => import('./logs.ts'),
  },
  {
    name: 'start',
    summary: 'start a session, which runs the jobs it is handed',
    details: [
      'It outlives its terminal, and runs each job in a process of its own. One that is killed is started again and ' +
        'goes on from its last checkpoint. `runtime submit --detached` hands it a job, `runtime shutdown` ends it.',
    ],
    positionals: [],
    options: {
      foreground: { summary: 'stay in this terminal; Ctrl-C shuts it down' },
      'jobs-dir': variableOption('JOBS_DIR', 'DIR'),
      'rest-port': variableOption('REST_PORT', 'PORT'),
      'metrics-port': variableOption('METRICS_PORT', 'PORT'),
      'data-dir': dataDir,
      'checkpoint-dir': checkpointDir,
      ...logging,
      format: formats('text', 'json'),
    },
    examples: ['runtime start', 'runtime start --foreground --rest-port 8081'],
    load: () => import('./start.ts'),
  },
  {
    name: 'shutdown',
    summary: 'end the session; each of its jobs is stopped with a savepoint',
    positionals: [],
    options: common,
    examples: ['runtime shutdown'],
    load: () => import('./shutdown.ts'),
  },
]
