/** The topics that a command is about: those that a job module declares, or one that its options describe. */
import type { CleanupPolicy, TopicDescription, TopicOptions, TopicSystem } from '../../../topology/contract/topic.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { declarationOf, topicsOf } from '../../../topology/plan/topics.ts'
import type { Topic, TopicReference } from '../../../topology/topic.ts'
import { DURATION_FORM, parseDurationMs } from '../../config/duration.ts'
import { loadJob } from '../../control/load-job.ts'
import type { CommandContext } from '../command-context.ts'
import { usageError } from '../usage-error.ts'
import { wholeNumber } from '../whole-number.ts'

/** @throws {SluiceError} `USAGE`; of a job module, what loading and compiling it throws. */
export async function declaredTopics(context: CommandContext): Promise<readonly TopicReference[]> {
  const target = context.positionals[0]!
  const options = optionsOf(context)
  if (!isModule(target)) return [{ name: target, options }]
  if (Object.keys(options).length > 0) {
    throw usageError(`${target} declares its topics itself: leave out the options of a topic`, context.commandName)
  }
  const { topology } = await loadJob(target, context.environment.cwd)
  return topicsOf(compile(topology).nodes)
}

/**
 * A topic as a job declares it, to be written by others.
 *
 * @throws {SluiceError} `TOPIC_NOT_DECLARED`, with the nearest name; of the module, what loading and compiling it throws.
 */
export async function topicOfJob(context: CommandContext, file: string, name: string): Promise<Topic<any>> {
  const { nodes } = compile((await loadJob(file, context.environment.cwd)).topology)
  const declared = declarationOf(nodes, name)
  if (declared !== undefined) return declared
  const names = topicsOf(nodes).map((each) => each.name)
  const nearest = nearestName(name, names)
  throw new SluiceError('TOPIC_NOT_DECLARED', `${file} declares no topic '${name}'`, {
    fix: nearest === undefined ? `Its topics are ${names.join(', ')}.` : `Did you mean ${nearest}?`,
    details: { topic: name, topics: names, file },
  })
}

/** By name, those that are there. */
export async function describedTopics(
  system: TopicSystem,
  topics: readonly TopicReference[],
): Promise<ReadonlyMap<string, TopicDescription>> {
  const described = await system.describeTopics(topics.map(({ name }) => name))
  return new Map(described.map((each) => [each.topic, each]))
}

export async function topicNotFound(system: TopicSystem, name: string): Promise<SluiceError> {
  const names = (await system.describeTopics()).map(({ topic }) => topic)
  const nearest = nearestName(name, names)
  return new SluiceError('TOPIC_NOT_FOUND', `there is no topic '${name}'`, {
    fix: nearest === undefined ? 'Make it with `runtime topics create`.' : `Did you mean ${nearest}?`,
    details: { topic: name, topics: names },
  })
}

/** A topic's name may have dots as well, but no slash, nor the extension of a module. */
function isModule(target: string): boolean {
  return target.includes('/') || /\.[cm]?[jt]s$/.test(target)
}

function optionsOf(context: CommandContext): TopicOptions {
  const partitions = wholeNumber(context, 'partitions', 1)
  const replicationFactor = wholeNumber(context, 'replication-factor', 1)
  const retentionMs = retention(context)
  const cleanupPolicy = context.option('cleanup-policy') as CleanupPolicy | undefined
  return {
    ...(partitions !== undefined && { partitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(cleanupPolicy !== undefined && { cleanupPolicy }),
  }
}

function retention(context: CommandContext): number | undefined {
  const text = context.option('retention')
  if (text === undefined) return undefined
  const retentionMs = text === 'forever' ? Number.POSITIVE_INFINITY : parseDurationMs(text)
  if (retentionMs !== undefined && retentionMs > 0) return retentionMs
  throw usageError(`--retention is "${text}"; it takes ${DURATION_FORM}, or forever`, context.commandName)
}
