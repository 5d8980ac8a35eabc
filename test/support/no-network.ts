import net from 'node:net';

// Unit tests reach nothing outside this machine: a test that needs a server starts it here.
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
  const [first] = given.flat();
  const host =
    typeof first === 'object' && first !== null && 'host' in first ? String(first.host) : undefined;
  if (host !== undefined && !['127.0.0.1', '::1', 'localhost'].includes(host)) {
    throw new Error(`A unit test tried to reach ${host}`);
  }
  return Reflect.apply(connect, this, given) as net.Socket;
};
