/** A TypeScript project in a folder of its own, beside the repository's settings: for tests and benches of types. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/**
 * Writes `files` and runs the compiler over them once; `sluice`, `sluice/producer` and `sluice/testing` are what a package
 * would import.
 *
 * @returns what the compiler has printed
 */
export async function compileProject(
  files: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-types-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const both = ['topology', 'operators'].map((room) => `export * from '${root}/${room}/index.ts'\n`)
    writeFileSync(join(folder, 'sluice.ts'), both.join(''))
    const settings = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        paths: {
          sluice: ['./sluice.ts'],
          'sluice/producer': [join(root, 'runtime/producer/index.ts')],
          'sluice/testing': [join(root, 'runtime/testing/index.ts')],
        },
      },
      include: ['*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    return await tsc(['--project', folder, '--pretty', 'false', ...argv])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function tsc(argv: readonly string[]): Promise<string> {
  return new Promise((done, reject) => {
    execFile(join(root, 'node_modules/.bin/tsc'), argv, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // 1 and 2 say that there are complaints, which are on standard output.
      if (error !== null && stdout === '') reject(new Error(`tsc: ${stderr || error.message}`))
      else done(stdout)
    })
  })
}
