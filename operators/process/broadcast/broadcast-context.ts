/** What a process function beside a broadcast stream works with, and the types of it. */
import type { MapState, MapStateDescriptor } from '../../../topology/state/map-state.ts'
import type { ProcessContext } from '../process-context.ts'

/** What is kept of the broadcast stream, by the names under which the functions find it. */
export type BroadcastDeclarations = Readonly<Record<string, MapStateDescriptor<any, any>>>

/** A map that can only be read. */
export type ReadonlyMapState<K, V> = Omit<MapState<K, V>, 'set' | 'delete' | 'clear'>

type MapStateOf<D> = D extends MapStateDescriptor<infer K, infer V> ? MapState<K, V> : never
type ReadonlyMapStateOf<D> = D extends MapStateDescriptor<infer K, infer V> ? ReadonlyMapState<K, V> : never

/** For a key: its state, and what is known of the broadcast stream. */
export interface KeyedBroadcastContext<K, D, B, R, P> extends ProcessContext<K, D, R, P> {
  readonly broadcast: { readonly [N in keyof B]: ReadonlyMapStateOf<B[N]> }
}

/** For a record of the broadcast stream: there is no key. */
export interface BroadcastContext<B, R, P>
  extends Pick<ProcessContext<never, never, R, P>, 'timestampMs' | 'processingTimeMs' | 'emit' | 'emitTo'> {
  readonly broadcast: { readonly [N in keyof B]: MapStateOf<B[N]> }
}
