/** Keeps secrets out of what is shown: log fields, messages, configuration. */

export const REDACTED = '[redacted]'

/** Names whose values are secret whatever they hold: `password`, `apiKey`, `KAFKA_SASL_PASSWORD`, `authorization` … */
const SECRET_NAME =
  /(pass(word|wd|phrase)?|secret|token|authorization|cookie|credentials?|api_?-?key|private_?-?key|access_?-?key)$/i

/** `scheme://user:password@host` */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi

/** `password=…`, `"token": "…"`, `authorization: Bearer …` within a text. */
const NAMED_SECRET =
  /(["']?[\w-]*(?:password|passwd|secret|token|authorization|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*)(?:(?:bearer|basic)\s+)?("[^"]*"|'[^']*'|[^\s,;&}]+)/gi

/** Whether a field or variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** The text without credentials in URLs and without values that follow a secret's name. */
export function redactText(text: string): string {
  // Most text holds neither: two searches for a character are cheaper than two for a pattern.
  let redacted = text
  if (redacted.includes('@')) redacted = redacted.replace(URL_CREDENTIALS, `$1${REDACTED}@`)
  if (redacted.includes('=') || redacted.includes(':')) redacted = redacted.replace(NAMED_SECRET, `$1${REDACTED}`)
  return redacted
}
