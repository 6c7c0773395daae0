import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../runtime/cli/commands.ts'
import { VARIABLES } from '../../../runtime/config/variables.ts'
import { cli } from './cli-harness.ts'

let cwd: string

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
})

afterAll(() => rmSync(cwd, { recursive: true }))

describe('help', () => {
  it('lists every command and every exit code', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const { code, stdout } = await cli(argv, { cwd })
      expect(code).toBe(0)
      for (const { name, summary } of COMMANDS) {
        expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
        expect(stdout).toContain(summary)
      }
      expect(stdout).toMatch(/^ {2}130 +interrupted/m)
    }
  })

  it.each(COMMANDS)('of $name shows its arguments, options and examples', async (command) => {
    const { stdout } = await cli(['help', command.name], { cwd })
    expect((await cli([...command.name.split(' '), '--help'], { cwd })).stdout).toBe(stdout)
    for (const positional of command.positionals) expect(stdout).toContain(positional.summary)
    for (const [name, option] of Object.entries(command.options)) {
      expect(stdout).toContain(`--${name}`)
      expect(stdout).toContain(option.summary)
    }
    for (const example of command.examples) expect(stdout).toContain(example)
  })

  it('comes as JSON too', async () => {
    const { stdout } = await cli(['help', '--format', 'json'], { cwd })
    const { commands } = JSON.parse(stdout)
    expect(commands.map((command: { name: string }) => command.name)).toEqual(COMMANDS.map((command) => command.name))
    const sql = JSON.parse((await cli(['help', 'sql', '--format', 'json'], { cwd })).stdout)
    expect(sql.options.format.choices).toEqual(['table', 'json', 'csv'])
  })

  it('goes to standard error with code 2 when there is no command', async () => {
    const { code, stdout, stderr } = await cli([], { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Usage: runtime COMMAND')
  })
})

describe('the table of commands', () => {
  it('describes the names the documentation relies on', () => {
    expect(COMMANDS.map((command) => command.name)).toEqual([
      'submit',
      'info',
      'list',
      'stop',
      'cancel',
      'savepoint',
      'checkpoint',
      'checkpoints',
      'rescale',
      'exceptions',
      'logs',
      'start',
      'shutdown',
      'publish',
      'sql',
      'tables',
      'table',
      'topics list',
      'topics describe',
      'topics create',
      'topics alter',
      'replay',
      'stage',
      'config',
      'help',
    ])
  })

  it('has every flag of the configuration, under the name the configuration gives it', () => {
    const flags = new Map(
      COMMANDS.flatMap((command) => Object.entries(command.options))
        .filter(([, option]) => option.variable !== undefined)
        .map(([name, option]) => [option.variable, name]),
    )
    for (const [variable, description] of Object.entries(VARIABLES)) {
      expect(flags.get(variable), variable).toBe('flag' in description ? description.flag : undefined)
    }
  })
})

describe('usage errors', () => {
  it.each([
    [['publsh'], 'there is no command publsh; did you mean publish?'],
    [['--verbose'], 'there is no option --verbose'],
    [['help', 'tabels'], 'there is no command tabels; did you mean tables?'],
    [['sql', 'SELECT 1', '--fromat', 'json'], 'sql has no option --fromat; did you mean --format?'],
    [['sql', 'SELECT 1', '--__proto__'], 'sql has no option --__proto__'],
    [['sql', 'SELECT 1', '--format', 'jsn'], '--format is "jsn"; it may be table, json, csv; did you mean json?'],
    [['sql', 'SELECT 1', '--at'], '--at needs a value: --at SNAPSHOT_ID|TIMESTAMP'],
    [['publish', 't', 'f', '--key', '--raw'], '--key needs a value: --key FIELD'],
    [['publish', 't', 'f', '--raw=yes'], '--raw takes no value, but got "yes"'],
    [['publish', 'topic'], 'publish needs FILE.jsonl: the file, or - for standard input'],
    [['topics', 'creat'], 'there is no command topics creat; did you mean topics create?'],
    [['topics', 'create'], 'topics create needs JOB.ts|TOPIC'],
    [['topics', 'alter', 't', '--partitions', '0'], '--partitions is "0"; it takes a whole number from 1 up'],
    [['topics', 'alter', 't', '--retention', '7'], '--retention is "7"; it takes a duration such as'],
    [['replay', 'a.b', '--since', 'noon'], '--since is "noon"; it takes a time (ISO 8601), or a duration'],
    [['tables', 'x'], 'tables does not know what to do with "x"'],
    [['sql', 'SELECT 1', '--at', 'yesterday'], '--at is "yesterday"; it takes a snapshot id or a time'],
    [['submit', 'job.ts', '--until', 'forever'], '--until is "forever"; it may be latest'],
    [['rescale', 'orders'], 'rescale needs --parallelism N'],
    [['rescale', 'orders', '--parallelism', '0'], '--parallelism is "0"; it takes a whole number from 1 up'],
    [
      ['rescale', 'orders', '--parallelism', '2', '--workers', '-1'],
      '--workers is "-1"; it takes a whole number from 0',
    ],
    [['logs', 'orders', '--tail', 'all'], '--tail is "all"; it takes a whole number from 0 up'],
    [['info', 'orders', '--format', 'mermaid'], '--format mermaid takes a job file, and orders is a job'],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await cli(argv, { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr).toContain('See `runtime help')
  })

  it('come as JSON when the command was asked for JSON', async () => {
    const { code, stderr } = await cli(['tables', 'x', '--format=json'], { cwd })
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'USAGE',
        message: 'tables does not know what to do with "x"',
        fix: 'See `runtime help tables`.',
        details: { command: 'tables' },
      },
    })
  })
})

describe('runtime --version', () => {
  it('is the package’s', async () => expect((await cli(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/))
})

describe('runtime config', () => {
  it('shows values and where they came from, as text and as JSON', async () => {
    const options = { cwd, env: { CHECKPOINT_INTERVAL: '1m' } }
    const { code, stdout } = await cli(['config', '--data-dir', 'elsewhere'], options)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^SLUICE_DATA_DIR +elsewhere +flag /m)
    expect(stdout).toMatch(/^CHECKPOINT_INTERVAL +1m +environment /m)
    expect(stdout).toMatch(/^CHECKPOINT_RETAINED +3 +default /m)
    const settings = JSON.parse((await cli(['config', '--format', 'json'], options)).stdout)
    expect(settings).toContainEqual({
      variable: 'CHECKPOINT_INTERVAL',
      value: '1m',
      origin: 'environment',
      summary: VARIABLES.CHECKPOINT_INTERVAL.summary,
    })
  })

  it('ends with 2 and names every wrong setting', async () => {
    const { code, stderr } = await cli(['config'], { cwd, env: { LOG_LEVEL: 'loud', METRICS_PORT: 'x' } })
    expect(code).toBe(2)
    expect(stderr).toContain('LOG_LEVEL is "loud"')
    expect(stderr).toContain('METRICS_PORT is "x"')
  })

  it('warns of variables that do not exist', async () => {
    const { code, stderr } = await cli(['config'], { cwd, env: { SLUICE_DATADIR: 'x' } })
    expect(code).toBe(0)
    expect(stderr).toBe(
      'warning: SLUICE_DATADIR is set, but there is no such variable; did you mean SLUICE_DATA_DIR?\n',
    )
  })
})
