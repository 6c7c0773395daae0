#!/usr/bin/env node
/**
 * The bin `runtime`: plain JavaScript, so that an older Node can run it and hand over to the pinned one.
 *
 * A checkout holds TypeScript, which Node ≥ 24 runs as it is; a package holds JavaScript in dist/ instead.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const REQUIRED_MAJOR = 24

if (Number.parseInt(process.versions.node, 10) >= REQUIRED_MAJOR) {
  // Stripping types and compiling is two thirds of a start; the second one finds it done.
  module.enableCompileCache()
  const source = new URL('./main.ts', import.meta.url)
  await import(existsSync(source) ? source.href : new URL('../../dist/runtime/cli/main.js', import.meta.url).href)
} else {
  const node = pinnedNode()
  if (node === undefined) {
    process.stderr.write(
      `error: runtime needs Node ${REQUIRED_MAJOR} or newer; this is ${process.versions.node}\n` +
        '  Run `npm install node@26` beside sluice, or install a newer Node.\n',
    )
    process.exitCode = 2
  } else {
    handOver(node)
  }
}

/** The executable of the npm package `node`. */
function pinnedNode() {
  try {
    const path = createRequire(import.meta.url).resolve('node/bin/node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

function handOver(node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child itself: a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`error: ${node} cannot be run: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
