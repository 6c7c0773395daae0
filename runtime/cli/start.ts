/** `runtime start`: a session, in a process that outlives this one, or in the foreground. */
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'

export async function run(context: CommandContext): Promise<number> {
  if (!context.has('foreground')) return (await import('./start-detached.ts')).startDetached(context)
  const { config } = await context.config()
  const { clock, signal } = context.environment
  const logger = await context.logger()
  const [{ runSession }, { serveMetrics }, { programOf }, { openRetained }] = await Promise.all([
    import('../control/session/run-session.ts'),
    import('../observability/metrics-server.ts'),
    import('./program-of.ts'),
    import('./open-retained.ts'),
  ])
  await runSession({
    config,
    program: programOf(context),
    lastCheckpointId: async (job) => (await openRetained(context, job)).lastCheckpointId,
    clock,
    logger,
    signal,
    async onReady({ url, control }) {
      const { host, port } = config.metrics
      if (port !== 'off') {
        const metrics = { text: () => control.metricsText() }
        const server = context.resources.use(await serveMetrics({ metrics, host, port }))
        logger.info({ event: 'metrics-served', url: server.url }, `metrics at ${server.url}`)
      }
      logger.info({ event: 'session-started', url }, `session takes jobs from ${config.jobsDirectory}`)
    },
  })
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}
