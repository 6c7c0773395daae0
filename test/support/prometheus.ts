/** Reads Prometheus' text format as strictly as its own parser does: for tests that look at /metrics. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedFamily {
  readonly type: string
  readonly help: string
  readonly samples: Sample[]
}

/** By name. @throws when a family comes twice, or a sample stands outside its family or twice in it */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>()
  const seen = new Set<string>()
  let name = ''
  let help = ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment?.[1] === 'HELP') {
      name = comment[2]!
      help = comment[3]!
      if (families.has(name)) throw new Error(`${name} comes twice`)
    } else if (comment?.[1] === 'TYPE') {
      if (comment[2] !== name || families.has(name)) throw new Error(`a second type: ${line}`)
      families.set(name, { type: comment[3]!, help, samples: [] })
    } else {
      const sample = parseSample(line)
      const family = families.get(name)
      if (sample.name.replace(family?.type === 'histogram' ? /_(bucket|sum|count)$/ : '', '') !== name || !family)
        throw new Error(`outside of its family: ${line}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (seen.has(key)) throw new Error(`a second time: ${line}`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  return families
}

/** The sum over all samples of `name` that have these labels. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const samples = parsePrometheus(text).get(name)?.samples ?? []
  return samples
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

function parseSample(line: string): Sample {
  const [, name, inBraces = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  const pairs = [...inBraces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g)]
  if (pairs.map(([whole]) => whole).join('') !== inBraces) throw new Error(`no labels: ${line}`)
  const labels = Object.fromEntries(
    pairs.map(([, label, text]) => [
      label!,
      text!.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  )
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  if (Number.isNaN(number)) throw new Error(`no number: ${line}`)
  return { name, labels, value: number }
}
