/** Commands in the documents exist, with their options; links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { chooseCommand } from '../../runtime/cli/commands.ts'
import { parseArguments } from '../../runtime/cli/parse-arguments.ts'
import { DOCUMENTS, fencesOf, root } from './fences.ts'

const lines = DOCUMENTS.flatMap((document) => fencesOf(document))
  .filter(({ language }) => language === 'sh')
  .flatMap(({ at, code }) => code.split('\n').map((line) => ({ at, line })))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

it('knows every runtime command and each of its options', () => {
  const commands = lines.flatMap(({ at, line }) =>
    line.includes('npx runtime ') ? [{ at, words: runtimeWords(line) }] : [],
  )
  expect(commands.length).toBeGreaterThan(8)
  for (const { at, words } of commands) {
    const parse = () => {
      const { command, rest } = chooseCommand(words)
      return parseArguments(command, rest)
    }
    expect(parse, `${at}: runtime ${words.join(' ')}`).not.toThrow()
  }
})

it('has every npm script that is named', () => {
  const named = lines.flatMap(({ at, line }) =>
    [...line.matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g)].map((match) => ({ at, script: match[1] ?? match[2]! })),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([])
})

it('links to files and headings that are there', () => {
  const links = DOCUMENTS.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)].map((match) => ({
      document,
      link: match[1]!,
    })),
  )
  expect(links.length).toBeGreaterThan(30)
  expect(links.filter(({ document, link }) => !leadsSomewhere(document, link))).toEqual([])
})

function leadsSomewhere(document: string, link: string): boolean {
  const [path, heading] = link.split('#') as [string, string | undefined]
  const target = path === '' ? join(root, document) : join(root, dirname(document), path)
  if (!existsSync(target)) return false
  if (heading === undefined) return true
  const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchorOf(title!))
  return headings.includes(heading)
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** The words after `runtime`, up to a pipe, a comment or the next command. */
function runtimeWords(line: string): readonly string[] {
  const rest = line.slice(line.indexOf('npx runtime ') + 'npx runtime '.length)
  const words = [...rest.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!)
  const end = words.findIndex((word) => ['|', '#', '&&', '>'].includes(word))
  return end < 0 ? words : words.slice(0, end)
}
