/** `npm start`: the medallion job on a simulated shop. */
import { enableCompileCache } from 'node:module'
import type { CommandDescription } from '../../runtime/cli/command.ts'
import { processEnvironment } from '../../runtime/cli/process-environment.ts'
import { runProgram } from '../../runtime/cli/run-cli.ts'

const START: CommandDescription = {
  name: 'start',
  invocation: 'npm start --',
  summary: 'run the medallion job on a simulated shop',
  details: [
    'A seeded simulator publishes two days of user actions, real dirt among them, into the topic raw-events; the job takes ' +
      'them through bronze, silver and gold. The next run publishes the days that follow.',
    'With --live it streams until Ctrl-C, which stops with a savepoint; started again, it goes on from there.',
  ],
  positionals: [],
  options: {
    events: { summary: 'records to publish', value: 'N', default: '200000' },
    seed: { summary: 'which shop', value: 'N', default: '1' },
    live: { summary: 'keep publishing and processing until Ctrl-C' },
    rate: { summary: 'with --live: records per second', value: 'N', default: '2000' },
    'data-dir': {
      summary: 'where everything lives',
      value: 'DIR',
      variable: 'SLUICE_DATA_DIR',
      default: 'data',
    },
  },
  examples: ['npm start', 'npm start -- --events 20000 --seed 7', 'npm start -- --live'],
  load: () => import('./demo.ts'),
}

// Stripping types and compiling is most of a start; from the second on it is done. What is loaded below profits.
enableCompileCache()
process.exitCode = await runProgram(START, process.argv.slice(2), processEnvironment())
