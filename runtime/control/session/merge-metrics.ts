/** One Prometheus text out of several: samples of one metric stand together, its HELP and TYPE once (exposition format 0.0.4). */

/** Samples have to differ in a label already, such as `job`. */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>()
  for (const text of texts) {
    let family: { readonly head: string[]; readonly samples: string[] } | undefined
    for (const line of text.split('\n')) {
      if (line === '') continue
      const [, name] = /^# (?:HELP|TYPE) (\S+)/.exec(line) ?? []
      if (name !== undefined) {
        family = families.get(name) ?? { head: [], samples: [] }
        families.set(name, family)
        if (!family.head.includes(line)) family.head.push(line)
      } else if (!line.startsWith('#')) {
        // Samples follow their TYPE; one without is a family of its own.
        if (family === undefined) {
          family = { head: [], samples: [] }
          families.set(line, family)
        }
        family.samples.push(line)
      }
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples, '']).join('\n')
}
