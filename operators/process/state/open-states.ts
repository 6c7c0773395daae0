/** Opens what a process function has declared, and sees to what expires. */
import type { OperatorContext } from '../../../topology/contract/operator.ts'
import type { KeyedStateDescriptor } from '../../../topology/contract/state.ts'
import type { KeyScope } from '../key-scope.ts'
import type { StateDeclarations } from '../process-context.ts'
import { ExpiringEntries, type TtlTime } from '../ttl/expiring-entries.ts'
import { AggregatingAccess } from './aggregating-access.ts'
import type { Entries } from './entries.ts'
import { ListAccess } from './list-access.ts'
import { MapAccess } from './map-access.ts'
import { ReducingAccess } from './reducing-access.ts'
import { ValueAccess } from './value-access.ts'

export type TtlTimes = Readonly<Record<'event' | 'processing', TtlTime>>

export interface OpenStates {
  /** What the function works with, by the names that it was declared under. */
  readonly access: Readonly<Record<string, any>>
  /** Whenever the operator has done something: tells how many entries there are, and removes up to `limit` of each state. */
  tidy(limit: number): void
}

export function openStates(
  context: OperatorContext,
  scope: KeyScope,
  declarations: StateDeclarations,
  times: TtlTimes,
): OpenStates {
  const expiring: ExpiringEntries<any>[] = []
  const reports: (() => void)[] = []

  function opened(declared: StateDeclarations[string]): unknown {
    const { ttl } = declared
    function open<V>(descriptor: KeyedStateDescriptor<V>): Entries<V> {
      if (ttl === undefined) return context.state.keyed(descriptor)
      const entries = new ExpiringEntries(context.state, descriptor, ttl, times[ttl.time])
      expiring.push(entries)
      return entries
    }
    function reported<V>(descriptor: KeyedStateDescriptor<V>): Entries<V> {
      const entries = open(descriptor)
      if (descriptor === declared) {
        const gauge = context.metrics.gauge('state_entries', { state: declared.name })
        reports.push(() => gauge.set(entries.size))
      }
      return entries
    }
    switch (declared.kind) {
      case 'valueState':
        return new ValueAccess(scope, declared, reported(declared))
      case 'mapState':
        return new MapAccess(scope, declared, reported(declared))
      case 'listState':
        return new ListAccess(scope, declared, reported)
      case 'reducingState':
        return new ReducingAccess(scope, declared, reported(declared))
      case 'aggregatingState':
        return new AggregatingAccess(scope, declared, reported(declared))
    }
  }

  const access = Object.fromEntries(Object.entries(declarations).map(([name, each]) => [name, opened(each)]))
  return {
    access,
    tidy(limit) {
      for (const entries of expiring) entries.sweep(limit)
      for (const report of reports) report()
    },
  }
}
