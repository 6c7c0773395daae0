/** Finds the route of a request. */
import { SluiceError } from '../../../topology/errors.ts'
import type { Method, Route } from './route.ts'
import { ROUTES } from './routes.ts'

export interface RouteMatch {
  readonly route: Route
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>
}

const PATTERNS = Object.values<Route>(ROUTES).map((route) => ({ route, segments: route.path.split('/') }))

/**
 * @param pathname of the URL, as it came
 * @throws {SluiceError} `ROUTE_UNKNOWN`; `METHOD_NOT_ALLOWED`, whose `details.allowed` are those that are
 */
export function matchRoute(method: string, pathname: string): RouteMatch {
  const segments = pathname.split('/')
  const there = PATTERNS.flatMap((pattern) => {
    const params = paramsOf(pattern.segments, segments)
    return params === undefined ? [] : [{ route: pattern.route, params }]
  })
  const match = there.find(({ route }) => route.method === method)
  if (match !== undefined) return match
  if (there.length === 0) {
    throw new SluiceError('ROUTE_UNKNOWN', `there is nothing at ${pathname}`, {
      fix: 'GET /openapi.json describes what there is.',
      details: { path: pathname },
    })
  }
  const allowed: readonly Method[] = there.map(({ route }) => route.method)
  throw new SluiceError('METHOD_NOT_ALLOWED', `${pathname} takes ${allowed.join(' and ')}, not ${method}`, {
    fix: 'GET /openapi.json describes what there is.',
    details: { path: pathname, allowed },
  })
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index]!
    if (expected.startsWith(':')) {
      const decoded = decode(segment)
      if (decoded === undefined || decoded === '') return undefined
      params[expected.slice(1)] = decoded
    } else if (segment !== expected) return undefined
  }
  return params
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
