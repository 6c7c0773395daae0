/** `npm run build`: what the package holds, JavaScript and declarations, into dist/. `npm pack` runs it first. */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
const project = join(import.meta.dirname, 'tsconfig.build.json')
const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', project], { stdio: 'inherit' })
// The compiler has said what is wrong; a package of half the files must not follow.
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

// The package's main entry. No room may hold it: topology/ and operators/ meet in a job only.
const entry = "export * from './topology/index.js'\nexport * from './operators/index.js'\n"
writeFileSync(join(dist, 'index.js'), entry)
writeFileSync(join(dist, 'index.d.ts'), entry)
