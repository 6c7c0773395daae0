/** What all joins of two streams are told, and the types of what comes out. */
import type { ElementOf, Flat, KeyedStream, Stream } from '../../topology/stream.ts'

/** Which rows go out that match nothing: none, those of the left, of the right, or of both sides. */
export type JoinType = 'inner' | 'left' | 'right' | 'full'

/** The left row as `select` gets it: null where a right row matched nothing. */
export type LeftOf<L, J extends JoinType> = J extends 'right' | 'full' ? L | null : L
/** The right row as `select` gets it: null where a left row matched nothing. */
export type RightOf<R, J extends JoinType> = J extends 'left' | 'full' ? R | null : R

export interface JoinOptions<L, R, J extends JoinType, O> {
  /** @default inner */
  readonly type?: J
  /**
   * Whether two rows match that meet by key and time.
   *
   * @default all of them do
   */
  readonly where?: (left: L, right: R) => boolean
  /**
   * The row that goes out for two that match.
   *
   * @default the columns of both, where none has the same name: of inner joins only. A function that returns a literal with
   * all columns is much faster.
   */
  readonly select?: (left: LeftOf<L, J>, right: RightOf<R, J>) => O
  /** Names the operator's state, where the default would collide. */
  readonly name?: string
}

/** The columns of both rows; the key's own may be the same, where both sides call it the same. */
export type Merged<L, R, J extends JoinType> = J extends 'inner'
  ? [SharedColumn<L, R>] extends [never]
    ? Flat<ElementOf<L> & Omit<ElementOf<R>, keyof ElementOf<L>>>
    : Unmerged<['both sides have columns of the same name', SharedColumn<L, R>]>
  : Unmerged<['a row that matches nothing has no columns of the other side', J]>

/** Stands for a row that can't be made of two without `select`. */
export interface Unmerged<Why> {
  readonly 'select what goes out': Why
}

type SharedColumn<L, R> = Exclude<keyof ElementOf<L> & keyof ElementOf<R>, keyof KeyOf<L> & keyof KeyOf<R>>

/** The key's columns. */
export type KeyOf<S> = S extends KeyedStream<infer K, any> ? K : never

/** The right side, if its key can be equal to the left one's; else what is wrong, to be read in the error. */
export type Joinable<L, R> = [KeyValue<L>, KeyValue<R>] extends [KeyValue<R>, KeyValue<L>]
  ? R
  : { readonly 'keys of different types are never equal': readonly [left: KeyValue<L>, right: KeyValue<R>] }

/** The types of a key's values, widened: 'a' may be equal to any string. */
type KeyValue<S> = Widened<KeyOf<S>[keyof KeyOf<S>]>
type Widened<V> = V extends string ? string : V extends number ? number : V extends bigint ? bigint : V extends boolean ? boolean : V // biome-ignore format: a case each

/** What a join makes of two streams. Nothing, when there is no row that could go out. */
export type Joined<L, R, O> =
  O extends Unmerged<unknown>
    ? O
    : {
        /** The rows of matches, and of what matched nothing where the join is to keep it. */
        readonly out: Stream<O>
        /** Left rows that came too late to be judged. */
        readonly lateLeft: Stream<ElementOf<L>>
        /** Right rows that came too late to be judged. */
        readonly lateRight: Stream<ElementOf<R>>
      }
