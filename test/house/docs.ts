/** `npm run docs`: brings the generated sections of README.md up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withGeneratedSections } from './generated-sections.ts'

const readme = resolve(import.meta.dirname, '../../README.md')
writeFileSync(readme, withGeneratedSections(readFileSync(readme, 'utf8')))
