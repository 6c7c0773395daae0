/** The operators and their parts, as their docstrings describe them: the table of README.md. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const operators = resolve(import.meta.dirname, '../../operators')

/** A value that operators/index.ts exports. */
export interface OperatorEntry {
  readonly name: string
  /** Relative to operators/. */
  readonly file: string
  /** `operators/map.ts:4`, where its docstring begins. */
  readonly at: string
  /** What its docstring says first. */
  readonly sentence: string
  /** Whether it adds a step to a stream; else it is a part of one, such as an aggregate or a rule. */
  readonly isStep: boolean
  /** The sentence that begins with "Stateless", "Keyed state:" or "Split state:". */
  readonly state: string | undefined
  /** The sentence that begins with "Guarantee:", without that word. */
  readonly guarantee: string | undefined
}

/** In the order of operators/index.ts. */
export function operatorEntries(): readonly OperatorEntry[] {
  const barrel = readFileSync(join(operators, 'index.ts'), 'utf8')
  return [...barrel.matchAll(/^export \{([^}]*)\} from '\.\/([^']+)'/gm)].flatMap(([, names, file]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => entryOf(file!, name)),
  )
}

/** By the folder of operators/, in the order of the table: what its operators and its parts are. */
const KINDS: Readonly<Record<string, string>> = {
  '': 'records and keys',
  process: 'state of your own',
  watermark: 'event time',
  window: 'windows',
  aggregate: 'inside `aggregate`',
  join: 'joins',
  async: 'calls outside',
  pattern: 'patterns',
  rank: 'the first few',
  quality: 'quality',
  medallion: 'medallion',
}

/** What the table would leave out, or say nothing of: file, line, and what is missing there. */
export function undocumented(entries: readonly OperatorEntry[]): readonly string[] {
  return entries.flatMap(({ at, name, file, sentence, isStep, state, guarantee }) => {
    const missing = [
      ...(/^[A-Z0-9].{8,}\.$/.test(sentence) ? [] : ['a first sentence that says what it does']),
      ...(KINDS[folderOf(file)] === undefined
        ? [`a kind for its folder, in KINDS of test/house/operator-table.ts`]
        : []),
      ...(isStep && state === undefined ? ['"Stateless.", "Keyed state: …" or "Split state: …"'] : []),
      ...(isStep && guarantee === undefined ? ['"Guarantee: …"'] : []),
    ]
    return missing.map((what) => `${at}: ${name} lacks ${what}`)
  })
}

/** Head and rows of the table of operators. */
export function operatorTable(): readonly (readonly string[])[] {
  const rows = inOrder(({ isStep }) => isStep).map(({ name, file, sentence, state, guarantee }) => [
    KINDS[folderOf(file)]!,
    link(name, file),
    sentence,
    state ?? '',
    guarantee ?? '',
  ])
  return [['kind', 'operator', 'what it does', 'state', 'guarantee'], ...rows]
}

/** Head and rows of the table of what operators are given. */
export function partTable(): readonly (readonly string[])[] {
  const rows = inOrder(({ isStep }) => !isStep).map(({ name, file, sentence }) => [
    KINDS[folderOf(file)]!,
    link(name, file),
    sentence,
  ])
  return [['kind', 'part', 'what it does'], ...rows]
}

function inOrder(wanted: (entry: OperatorEntry) => boolean): readonly OperatorEntry[] {
  const entries = operatorEntries().filter(wanted)
  return Object.keys(KINDS).flatMap((folder) => entries.filter(({ file }) => folderOf(file) === folder))
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.indexOf('/')))
}

function link(name: string, file: string): string {
  return `[\`${name}\`](operators/${file})`
}

function entryOf(file: string, name: string): OperatorEntry {
  const text = readFileSync(join(operators, file), 'utf8')
  const found = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*export (?:function|const) ${name}\\b([\\s\\S]*?)(?=\\n\\n|$)`,
  ).exec(text)
  const docstring = (found?.[1] ?? '').replaceAll(/^\s*\*? ?/gm, '').split(/^@/m)[0]!
  const paragraphs = docstring
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .split(/\n\n/)
    .map((paragraph) => paragraph.replaceAll(/\s+/g, ' ').trim())
  const sentences = paragraphs.flatMap((paragraph) => paragraph.split(/(?<=[.!]) (?=[A-Z0-9])/))
  const guarantee = sentences.find((sentence) => sentence.startsWith('Guarantee: '))?.slice('Guarantee: '.length)
  return {
    name,
    file,
    at: `operators/${file}:${text.slice(0, found?.index ?? 0).split('\n').length}`,
    sentence: sentences[0] ?? '',
    isStep: /\b(Transform<|append(WithSides)?[<(])/.test(found?.[2] ?? ''),
    state: sentences.find((sentence) => /^(Stateless|Keyed state:|Split state:)/.test(sentence)),
    guarantee: guarantee && `${guarantee[0]!.toUpperCase()}${guarantee.slice(1)}`,
  }
}
