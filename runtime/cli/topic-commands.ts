/** The commands about topics, and about what goes back into them. */
import type { CommandDescription } from './command.ts'
import { dataDir, formats, logging } from './command-options.ts'
import type { OptionDescription } from './option.ts'

const target = {
  name: 'JOB.ts|TOPIC',
  summary: 'a module whose default export is a topology, for all topics that it declares; or the name of one topic',
}

const topicOptions: Readonly<Record<string, OptionDescription>> = {
  partitions: { summary: 'of one topic: how many partitions', value: 'N' },
  'replication-factor': { summary: 'of one topic: copies of each partition; the embedded log keeps one', value: 'N' },
  retention: { summary: 'of one topic: how long records are kept, such as 7d, or forever', value: 'DURATION' },
  'cleanup-policy': {
    summary: 'of one topic: what becomes of old records',
    value: 'POLICY',
    choices: ['delete', 'compact', 'compact,delete'],
  },
}

/** The first of `topics` is what `runtime topics` alone means. */
export const TOPIC_COMMANDS: readonly CommandDescription[] = [
  {
    name: 'topics list',
    summary: 'list the topics with their offsets',
    details: ['`runtime topics` does the same.'],
    positionals: [],
    options: { 'data-dir': dataDir, format: formats('text', 'json') },
    examples: ['runtime topics', 'runtime topics list --format json'],
    load: () => import('./topics/list.ts'),
  },
  {
    name: 'topics describe',
    summary: 'show topics: partitions, offsets, retention, and what differs from their declarations',
    positionals: [target],
    options: { 'data-dir': dataDir, format: formats('text', 'json') },
    examples: ['runtime topics describe raw-events', 'runtime topics describe jobs/medallion/job.ts'],
    load: () => import('./topics/describe.ts'),
  },
  {
    name: 'topics create',
    summary: 'make the topics that a job declares, or one',
    details: ['Topics that are there stay as they are; what differs from their declarations is shown.'],
    positionals: [target],
    options: { ...topicOptions, 'data-dir': dataDir, format: formats('text', 'json') },
    examples: [
      'runtime topics create jobs/medallion/job.ts',
      'runtime topics create orders --partitions 12 --retention 7d',
    ],
    load: () => import('./topics/create.ts'),
  },
  {
    name: 'topics alter',
    summary: 'bring topics to what a job declares, or change one',
    details: [
      'What differs is shown first, and changed with --yes, or once that is agreed to on a terminal; else nothing is, and ' +
        'the exit code is 1. What the declarations leave out stays as it is. Partitions can only be added, and keys may then ' +
        'hash to other ones than before.',
    ],
    positionals: [target],
    options: {
      yes: { summary: 'do not ask' },
      ...topicOptions,
      'data-dir': dataDir,
      format: formats('text', 'json'),
    },
    examples: [
      'runtime topics alter jobs/medallion/job.ts',
      'runtime topics alter jobs/medallion/job.ts --yes',
      'runtime topics alter orders --retention 30d --yes',
    ],
    load: () => import('./topics/alter.ts'),
  },
  {
    name: 'replay',
    summary: 'publish quarantined records again, each once',
    details: [
      'Of a table of dead letters (PoisonedRecord), or of what bronze and its rules have quarantined: records go to the topic ' +
        'they came from, byte for byte, with their key, headers and time, and the headers sluice-replay-of ' +
        '(topic/partition/offset) and sluice-replay-error.',
      'A replay is a job with checkpoints: a record goes to a topic once, whatever is killed when, and a second replay ' +
        'publishes what was not published before.',
    ],
    positionals: [{ name: 'TABLE', summary: 'namespace.name' }],
    options: {
      to: { summary: 'another topic than the one they came from', value: 'TOPIC' },
      where: { summary: "only rows that this condition holds for, in DuckDB's SQL", value: 'SQL' },
      since: { summary: 'only rows quarantined since a time (ISO 8601), or since 2h ago', value: 'TIME|DURATION' },
      'dry-run': { summary: 'count the rows, and publish nothing' },
      'data-dir': dataDir,
      ...logging,
      format: formats('text', 'json'),
    },
    examples: [
      'runtime replay quarantine.orders --dry-run',
      'runtime replay quarantine.orders --where "code = \'RECORD_INVALID\'" --since 2h',
      'runtime replay quarantine.events --to raw-events-mended',
    ],
    load: () => import('./replay.ts'),
  },
]
