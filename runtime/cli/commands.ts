/** Every command of `runtime`, in the order of help. */
import { describeVariable, VARIABLES, type Variable } from '../config/variables.ts'
import type { CommandDescription } from './command.ts'
import { dataDir, formats, logging, variableOption } from './command-options.ts'
import { JOB_COMMANDS } from './job-commands.ts'
import { TOPIC_COMMANDS } from './topic-commands.ts'
import { suggestion, usageError } from './usage-error.ts'

export const COMMANDS: readonly CommandDescription[] = [
  {
    name: 'submit',
    summary: 'run a job from its last checkpoint',
    details: [
      'The job runs until it ends, fails or is interrupted; Ctrl-C stops it with a savepoint, a second Ctrl-C at once. ' +
        'The next submit goes on from there.',
      'With --detached the session that `runtime start` has started runs it, and the command ends once it has begun.',
    ],
    positionals: [{ name: 'JOB.ts', summary: 'a module whose default export is a topology' }],
    options: {
      detached: { summary: 'hand the job to the session, and return' },
      from: {
        summary: 'where sources begin that no checkpoint tells: earliest, latest, a time, or offset:N',
        value: 'PLACE',
        default: 'earliest',
      },
      until: {
        summary:
          'stop there: checkpoint, commit, exit; open windows stay open. latest is where the topics end now; a time, or offset:N',
        value: 'PLACE',
      },
      batch: {
        summary: 'read what there is and end, windows closed: --until latest unless told otherwise, and --drain',
      },
      drain: { summary: 'with --until: close open windows first' },
      'from-savepoint': { summary: 'begin from this savepoint instead of the last checkpoint', value: 'PATH' },
      parallelism: variableOption('PARALLELISM', 'N'),
      workers: variableOption('WORKERS', 'N'),
      'key-groups': variableOption('KEY_GROUPS', 'N'),
      'allow-non-restored-state': { summary: 'leave the state of operators that the job no longer has behind' },
      'restart-strategy': variableOption('RESTART_STRATEGY', 'STRATEGY'),
      'restart-attempts': variableOption('RESTART_ATTEMPTS', 'N'),
      'allow-rewind': { summary: 'let tables go back to the snapshots of an older savepoint' },
      'data-dir': dataDir,
      'checkpoint-dir': variableOption('CHECKPOINT_DIR', 'DIR'),
      'checkpoint-interval': variableOption('CHECKPOINT_INTERVAL', 'DURATION'),
      'rest-port': variableOption('REST_PORT', 'PORT'),
      'metrics-port': variableOption('METRICS_PORT', 'PORT'),
      ...logging,
      format: formats('text', 'json'),
    },
    examples: [
      'runtime submit jobs/medallion/job.ts',
      'runtime submit jobs/medallion/job.ts --detached',
      'runtime submit jobs/medallion/job.ts --until latest --drain',
      'runtime submit jobs/medallion/job.ts --batch --from 2026-01-01 --until 2026-02-01',
      'runtime submit jobs/medallion/job.ts --from-savepoint data/checkpoints/medallion/…',
    ],
    load: () => import('./submit.ts'),
  },
  {
    name: 'info',
    summary: 'show the plan of a job file, or what a running job does',
    details: [
      "Of a file: operators, chains, lineage; nothing runs. Of a job's name: its state, workers and vertices, where time " +
        'is spent, its last checkpoint and failure.',
    ],
    positionals: [{ name: 'JOB.ts|JOB', summary: 'a module whose default export is a topology, or the name of a job' }],
    options: {
      parallelism: variableOption('PARALLELISM', 'N'),
      'data-dir': dataDir,
      format: formats('text', 'json', 'mermaid'),
    },
    examples: [
      'runtime info jobs/medallion/job.ts',
      'runtime info jobs/medallion/job.ts --format mermaid',
      'runtime info medallion',
    ],
    load: () => import('./info.ts'),
  },
  ...JOB_COMMANDS,
  {
    name: 'publish',
    summary: 'publish the lines of a file to a topic',
    details: [
      "Each line is an event envelope as JSON. What is checked is that it is JSON and that the envelope's fields have " +
        'their types; what the payload means is for the job to judge. A line that fails is reported with its number and ' +
        'the reason, the rest goes in, and the exit code is 1.',
      'With --job the topic is what that job declares: each line is a record of its schema as JSON, of any kind, checked as ' +
        "far as types go, and written in the topic's format, with its key. The schema of a topic in Avro or Protobuf is " +
        'registered first; what lacks a field that is required is then refused as well.',
      'With --raw nothing is checked: lines are split at \\n, and each is published byte for byte.',
    ],
    positionals: [
      { name: 'TOPIC', summary: 'the topic; made if it is not there' },
      { name: 'FILE.jsonl', summary: 'the file, or - for standard input' },
    ],
    options: {
      job: { summary: "a job that declares the topic: its schema, format and key are the job's", value: 'JOB.ts' },
      raw: { summary: 'publish any bytes, unchecked' },
      key: {
        summary: 'the payload field whose value chooses the partition; goes before the key that a job declares',
        value: 'FIELD',
        default: 'user_id',
      },
      'data-dir': dataDir,
      ...logging,
      format: formats('text', 'json'),
    },
    examples: [
      'runtime publish raw-events events.jsonl',
      'zcat events.jsonl.gz | runtime publish raw-events -',
      'runtime publish raw-transactions bookings.jsonl --job jobs/transactions/job.ts',
      'runtime publish raw-events dirt.bin --raw',
    ],
    load: () => import('./publish.ts'),
  },
  {
    name: 'sql',
    summary: 'query the tables with one SELECT',
    details: ["The dialect is DuckDB's. A table's name is namespace.name; times are in UTC."],
    positionals: [{ name: 'SELECT', summary: 'the query' }],
    options: {
      at: { summary: 'read the tables as of a snapshot, or of a time (ISO 8601)', value: 'SNAPSHOT_ID|TIMESTAMP' },
      'data-dir': dataDir,
      format: formats('table', 'json', 'csv'),
    },
    examples: [
      'runtime sql "SELECT day, sum(revenue) FROM gold.daily_revenue GROUP BY day ORDER BY day"',
      'runtime sql "SELECT count(*) FROM silver.events" --at 2026-01-31T12:00:00Z',
      'runtime sql "FROM quarantine.events LIMIT 10" --format json',
    ],
    load: () => import('./sql.ts'),
  },
  {
    name: 'tables',
    summary: 'list the tables',
    positionals: [],
    options: { 'data-dir': dataDir, format: formats('text', 'json') },
    examples: ['runtime tables'],
    load: () => import('./tables.ts'),
  },
  {
    name: 'table',
    summary: 'show one table: schema, partitions, snapshots, files',
    positionals: [{ name: 'NAME', summary: 'namespace.name' }],
    options: { 'data-dir': dataDir, format: formats('text', 'json') },
    examples: ['runtime table silver.events', 'runtime table silver.events --format json'],
    load: () => import('./table.ts'),
  },
  ...TOPIC_COMMANDS,
  {
    name: 'stage',
    summary: 'serve one stage of a job to a host in another process',
    details: [
      'The host (an operator of another engine) speaks the protocol of runtime/stage-server/PROTOCOL.md. Once the stage ' +
        'listens, one line of JSON on standard output says where, and the token to greet it with. A host may open any ' +
        'number of subtasks, a connection each.',
    ],
    positionals: [{ name: 'JOB.ts', summary: 'a module whose default export is a topology' }],
    options: {
      stage: { summary: 'the stage, as `runtime info` names it', value: 'ID' },
      listen: {
        summary: 'where to listen: unix:/DIRECTORY, or tcp:127.0.0.1:PORT; a private directory when left out',
        value: 'ADDRESS',
      },
      attached: { summary: 'end when standard input ends, and so with the host that started it' },
      parallelism: variableOption('PARALLELISM', 'N'),
      'key-groups': variableOption('KEY_GROUPS', 'N'),
      'data-dir': dataDir,
      ...logging,
    },
    examples: ["runtime stage jobs/medallion/job.ts --stage 'deduplicate(event_id)' --attached"],
    load: () => import('./stage.ts'),
  },
  {
    name: 'config',
    summary: 'show the configuration in effect and where it came from',
    details: ['Flags go over environment variables, these over .env, and these over defaults. Secrets are redacted.'],
    positionals: [],
    options: {
      ...Object.fromEntries(
        (Object.keys(VARIABLES) as Variable[]).flatMap((variable) => {
          const { flag } = describeVariable(variable)
          return flag === undefined ? [] : [[flag, variableOption(variable, 'VALUE')]]
        }),
      ),
      format: formats('text', 'json'),
    },
    examples: ['runtime config', 'runtime config --format json'],
    load: () => import('./config.ts'),
  },
  {
    name: 'help',
    summary: 'show help, of one command or of all',
    positionals: [
      { name: 'COMMAND', summary: 'a command', optional: true },
      { name: 'WORD', summary: 'the second word of a command that has two', optional: true },
    ],
    options: { format: formats('text', 'json') },
    examples: ['runtime help submit', 'runtime help topics alter', 'runtime help --format json'],
    load: () => import('./help.ts'),
  },
]

/**
 * The command that a command line names, in one word or two, and what follows it.
 *
 * @throws {SluiceError} `USAGE`, with the nearest name.
 */
export function chooseCommand(argv: readonly string[]): { command: CommandDescription; rest: readonly string[] } {
  const [first = '', second = ''] = argv
  const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${first} `))
  if (!isGroup || second === '' || second.startsWith('-')) return { command: findCommand(first), rest: argv.slice(1) }
  return { command: findCommand(`${first} ${second}`), rest: argv.slice(2) }
}

/** By its name; the first word of several commands alone is the first of them. @throws {SluiceError} `USAGE` */
export function findCommand(name: string): CommandDescription {
  const command =
    COMMANDS.find((each) => each.name === name) ?? COMMANDS.find((each) => each.name.startsWith(`${name} `))
  if (command !== undefined) return command
  const what = name.startsWith('-') ? 'option' : 'command'
  throw usageError(
    `there is no ${what} ${name}${suggestion(
      name,
      COMMANDS.map((candidate) => candidate.name),
    )}`,
  )
}
