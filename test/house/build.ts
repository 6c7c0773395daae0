/** `npm run build`: what the package holds, JavaScript and declarations, into dist/. `npm pack` runs it first. */
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
execFileSync('npx', ['tsc', '--project', join(import.meta.dirname, 'tsconfig.build.json')], {
  cwd: root,
  stdio: 'inherit',
})

// The package's main entry. No room may hold it: topology/ and operators/ meet in a job only.
const entry = "export * from './topology/index.js'\nexport * from './operators/index.js'\n"
writeFileSync(join(dist, 'index.js'), entry)
writeFileSync(join(dist, 'index.d.ts'), entry)
