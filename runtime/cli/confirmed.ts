/** Asks a person whether to go on; where nobody is there to answer, nobody has agreed. */
import type { CommandContext } from './command-context.ts'

export async function confirmed({ environment }: CommandContext, question: string): Promise<boolean> {
  const { stdin, stderr } = environment
  if (stderr.isTTY !== true) return false
  stderr.write(`${question} [y/N] `)
  let answer = ''
  for await (const chunk of stdin) {
    answer += String(chunk)
    if (answer.includes('\n')) break
  }
  return /^y(es)?\s*$/i.test(answer.split('\n', 1)[0]!)
}
