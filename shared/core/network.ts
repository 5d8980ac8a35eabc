import { BlockList, isIP } from 'node:net';

/** Whether this is a network such as `192.0.2.0/24` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const { address, bits } = partsOf(text);
  const family = isIP(address);
  return family !== 0 && /^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Whether an address lies in one of these networks. An IPv4 address that is written as IPv6 is the same address. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const { address: start, bits } = partsOf(network);
    list.addSubnet(start, Number(bits), isIP(start) === 4 ? 'ipv4' : 'ipv6');
  }
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function partsOf(network: string): { address: string; bits: string } {
  const slash = network.indexOf('/');
  if (slash < 0) return { address: '', bits: '' };
  return { address: network.slice(0, slash), bits: network.slice(slash + 1) };
}
