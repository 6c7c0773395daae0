/** Hands each instance of fused-loop.ts its steps while the module is evaluated, so that they are constants in it. */

export interface FusedStep {
  readonly step: 'map' | 'filter'
  readonly fn: (row: any) => any
}

/** What fused-loop.ts exports. */
export interface FusedLoop {
  readonly failedStep: number
  readonly failedRow: number
  run(rows: readonly unknown[], out: unknown[], selected: Uint32Array): number
}

export const MAX_FUSED_STEPS = 8

let chains = 0
let offered: readonly FusedStep[] | undefined
let loading: Promise<unknown> = Promise.resolve()

/** A new instance of the loop, bound to `steps`. One is loaded at a time, so that each finds its own steps. */
export function loadFusedLoop(steps: readonly FusedStep[]): Promise<FusedLoop> {
  // A published build is JavaScript, the checkout TypeScript: import whichever this file is.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const url = new URL(`./fused-loop.${extension}?chain=${++chains}`, import.meta.url)
  const loaded = loading.then(() => {
    offered = steps
    return import(/* @vite-ignore */ url.href) as Promise<FusedLoop>
  })
  loading = loaded.catch(() => undefined)
  return loaded
}

/** Called once by each instance, while it is evaluated. */
export function takeSteps(): readonly FusedStep[] {
  const steps = offered
  if (steps === undefined) throw new Error('fused-loop.ts is loaded by loadFusedLoop() only')
  offered = undefined
  return steps
}
