/** Configuration: read once, typed, frozen, handed to whoever needs it. */
export type { Config } from './config.ts'
export { type ConfigSources, type LoadedConfig, loadConfig, type Setting, type SettingOrigin } from './load-config.ts'
