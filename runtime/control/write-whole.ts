/** Writes a small file so that a reader sees the old one or the new one, never a part. */
import { renameSync, writeFileSync } from 'node:fs'

/** Readable by its owner only. */
export function writeWhole(file: string, text: string): void {
  const whole = `${file}.${process.pid}`
  writeFileSync(whole, text, { mode: 0o600 })
  renameSync(whole, file)
}
