/** Runs the compiler once over modules that exist in documents only. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './fences.ts'

/** @returns the compiler's complaints by module, each with what it says of the reason; a sound one is not in it. */
export async function typeCheck(modules: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'))
  try {
    const names = [...modules.keys()]
    names.forEach((name, index) => {
      writeFileSync(join(folder, `module-${index}.ts`), modules.get(name)!)
    })
    writeFileSync(
      join(folder, 'sluice.ts'),
      `export * from '${root}/topology/index.ts'\nexport * from '${root}/operators/index.ts'\n`,
    )
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          // What a package would be imported as.
          paths: {
            sluice: ['./sluice.ts'],
            'sluice/producer': [join(root, 'runtime/producer/index.ts')],
            'sluice/testing': [join(root, 'runtime/testing/index.ts')],
          },
        },
        include: ['*.ts'],
      }),
    )
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const output = await tsc(folder)
    const complaints = new Map<string, string[]>()
    let said: string[] = []
    for (const line of output.split('\n')) {
      const complaint =
        /module-(\d+)\.ts\(\d+,\d+\): error (TS\d+: .*)/.exec(line) ?? /^()(.*error TS\d+: .*)/.exec(line)
      if (complaint !== null) {
        const name = complaint[1] === '' ? 'elsewhere' : names[Number(complaint[1])]!
        said = complaints.get(name) ?? []
        complaints.set(name, said)
        said.push(complaint[2]!)
      } else if (line.startsWith(' ')) said.push(`${said.pop()}\n${line}`)
    }
    return complaints
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function tsc(folder: string): Promise<string> {
  const compiler = join(root, 'node_modules/.bin/tsc')
  return new Promise((resolve, reject) => {
    execFile(compiler, ['--project', folder, '--pretty', 'false'], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // 1 and 2 say that there are complaints, which are on standard output.
      if (error !== null && stdout === '') reject(new Error(`tsc: ${stderr || error.message}`))
      else resolve(stdout)
    })
  })
}
