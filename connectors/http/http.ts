export function openHttpEndpoints(_: any): any {
  return {}
}
