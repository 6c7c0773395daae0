/**
 * A partition of a topic as a split: its id names the partition. Its index need not be the partition's number: where a job
 * had another source of the name before, the splits of that keep theirs.
 */

export function partitionSplitId(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

export function partitionOfSplit({ id }: { readonly id: string }): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}
