/** Remembers what was made of each text. */

/** How many are kept. Shapes of rows are few, but they are data, and data can have any number. */
const LIMIT = 1000

/** Makes each value once, until there are too many: then it begins anew. */
export function remembered<V>(make: (text: string) => V): (text: string) => V {
  const values = new Map<string, V>()
  return (text) => {
    let value = values.get(text)
    if (value === undefined) {
      value = make(text)
      if (values.size === LIMIT) values.clear()
      values.set(text, value)
    }
    return value
  }
}
