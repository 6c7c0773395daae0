/** The code fences of the documents that are for readers. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
export const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'DECISIONS.md',
  'CHANGELOG.md',
  'runtime/stage-server/PROTOCOL.md',
] as const

export interface Fence {
  readonly language: string
  readonly code: string
  /** `README.md:12`, the line where the fence begins. */
  readonly at: string
}

/** Indented ones, as lists have them, lose their indent. */
export function fencesOf(document: string): readonly Fence[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    language: match[2]!,
    code: match[3]!.replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
    at: `${document}:${text.slice(0, match.index).split('\n').length}`,
  }))
}
