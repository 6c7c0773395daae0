/** What the compiler says of modules that exist in documents only. */
import { compileProject } from '../support/type-project.ts'

/** @returns the compiler's complaints by module, each with what it says of the reason; a sound one is not in it. */
export async function typeCheck(modules: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = [...modules.keys()]
  const files = Object.fromEntries([...modules.values()].map((text, index) => [`module-${index}.ts`, text]))
  const complaints = new Map<string, string[]>()
  let said: string[] = []
  for (const line of (await compileProject(files)).split('\n')) {
    const complaint = /module-(\d+)\.ts\(\d+,\d+\): error (TS\d+: .*)/.exec(line) ?? /^()(.*error TS\d+: .*)/.exec(line)
    if (complaint !== null) {
      const name = complaint[1] === '' ? 'elsewhere' : names[Number(complaint[1])]!
      said = complaints.get(name) ?? []
      complaints.set(name, said)
      said.push(complaint[2]!)
    } else if (line.startsWith(' ')) said.push(`${said.pop()}\n${line}`)
  }
  return complaints
}
