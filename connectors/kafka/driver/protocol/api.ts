/** One request of Kafka's protocol in one version: the oldest with what is needed that Kafka 2.4 to 4.x serve. */

export interface Api<Request, Response> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  encode(request: Request): Buffer
  /** Of what follows the correlation id. */
  decode(payload: Buffer): Response
}
