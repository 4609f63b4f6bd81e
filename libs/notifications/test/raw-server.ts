import { createServer, type AddressInfo, type Server } from 'node:net';

/** A server that writes this as soon as a request comes, and then one byte after another. */
export async function rawServer(
  beginning: string,
  byte: string,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (beginning === '') return;
      socket.write(beginning);
      if (byte === '') socket.end();
      const trickle = setInterval(() => socket.write(byte), 10);
      socket.on('close', () => clearInterval(trickle));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}
