/** A process to be killed: `socket-peer.ts ADDRESS` connects, sends one frame and stays. */
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'

const connection = await new SocketTransport({ listenAt: 'unix:/' }).connect(process.argv[2]!)
connection.onFrame(() => {})
connection.send(Buffer.from('here'))
