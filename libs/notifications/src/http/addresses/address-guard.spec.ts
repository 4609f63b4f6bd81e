import { describe, expect, it } from 'vitest';
import { AddressGuard } from './address-guard.js';
import { parseAddressRanges } from './address-range.js';

const plain = new AddressGuard();

describe('AddressGuard', () => {
  it.each([
    ['of the Internet', '93.184.216.34'],
    ['of the Internet', '2606:2800:220:1:248:1893:25c8:1946'],
    ['of the loopback', '127.0.0.1'],
    ['of the loopback', '::1'],
    ['of a private network', '10.1.2.3'],
    ['of a private network', '172.16.0.1'],
    ['of a private network', '192.168.1.1'],
    ['of a private network', 'fd12:3456::1'],
    ['behind carrier-grade NAT', '100.64.0.1'],
    ['of the loopback, mapped', '::ffff:127.0.0.1'],
    ['of the Internet, by NAT64', '64:ff9b::5db8:d822'],
    ['of the Internet, by a NAT64 of one’s own', '64:ff9b:1::5db8:d822'],
    ['of the Internet, by 6to4', '2002:5db8:d822::1'],
    ['of the Internet, by ISATAP', '2606:2800:220:1:200:5efe:5db8:d822'],
  ])('allows an address %s unless it is denied: %s', (_name, address) => {
    expect(plain.allows(address)).toBe(true);
    expect(new AddressGuard({ deny: ['any'] }).allows(address)).toBe(false);
  });

  it.each([
    ['link-local', '169.254.1.1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['the end of link-local', 'febf:ffff::1'],
    ['the metadata service', '169.254.169.254'],
    ['the metadata service', 'fd00:ec2::254'],
    ['the metadata service', 'fd00:c1::a9fe:a9fe'],
    ['the metadata service', 'fd00:42::42'],
    ['the metadata service', '100.100.100.200'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.255'],
    ['multicast', 'ff02::1'],
    ['unspecified', '0.0.0.0'],
    ['unspecified', '::'],
    ['broadcast', '255.255.255.255'],
    ['mapped', '::ffff:169.254.169.254'],
    ['mapped, in hexadecimal', '::ffff:a9fe:a9fe'],
    ['IPv4-compatible', '::169.254.169.254'],
    ['IPv4-translated', '::ffff:0:169.254.169.254'],
    ['by NAT64', '64:ff9b::169.254.169.254'],
    ['by a NAT64 of one’s own, of 96 bits', '64:ff9b:1::a9fe:a9fe'],
    ['by a NAT64 of one’s own, of 64 bits', '64:ff9b:1:1:a9:fea9:fe00:0'],
    ['by a NAT64 of one’s own, of 56 bits', '64:ff9b:1:1a9:fe:a9fe::'],
    ['by a NAT64 of one’s own, of 48 bits', '64:ff9b:1:a9fe:a9:fe00::'],
    ['by 6to4', '2002:a9fe:a9fe::1'],
    ['by Teredo, its client', '2001:0:4136:e378:8000:63bf:5601:5601'],
    ['by Teredo, its server', '2001:0:a9fe:a9fe:8000:63bf:3fff:fdd2'],
    ['by ISATAP', '2606:2800:220:1:0:5efe:169.254.169.254'],
    ['by ISATAP, of a global address', '2606:2800:220:1:200:5efe:a9fe:a9fe'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('refuses what nobody has to get to: %s %s', (_name, address) => {
    expect(plain.allows(address)).toBe(false);
    // Somewhere in a range that was opened is not named.
    expect(new AddressGuard({ allow: ['any'] }).allows(address)).toBe(false);
  });

  it('opens what is named, and nothing beside it', () => {
    const linkLocal = new AddressGuard({ allow: ['169.254.0.0/16'] });
    expect(linkLocal.allows('169.254.1.1')).toBe(true);
    expect(linkLocal.allows('169.254.169.254')).toBe(false);
    const metadata = new AddressGuard({ allow: ['169.254.169.254'] });
    expect(metadata.allows('169.254.169.254')).toBe(true);
    expect(metadata.allows('64:ff9b::a9fe:a9fe')).toBe(true);
    expect(metadata.allows('169.254.1.1')).toBe(false);
  });

  it('lets the narrowest range decide', () => {
    const guard = new AddressGuard({ deny: ['any', '10.0.0.66'], allow: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(guard.allows('10.0.0.65')).toBe(true);
    expect(guard.allows('::ffff:10.0.0.65')).toBe(true);
    expect(guard.allows('10.0.0.66')).toBe(false);
    expect(guard.allows('93.184.216.34')).toBe(false);
    expect(guard.allows('2001:db8::1')).toBe(true);
    expect(guard.allows('2606:2800::1')).toBe(false);
  });

  it('prefers the endpoint’s own list between equally narrow ranges, and a refusal within a list', () => {
    expect(new AddressGuard({ deny: ['private'] }, { allow: ['10.0.0.0/8'] }).allows('10.1.1.1')).toBe(true);
    expect(new AddressGuard({ allow: ['10.0.0.0/8'] }, { deny: ['private'] }).allows('10.1.1.1')).toBe(false);
    expect(new AddressGuard({ allow: ['10.0.0.0/8'], deny: ['10.0.0.0/8'] }).allows('10.1.1.1')).toBe(false);
    expect(new AddressGuard(undefined, undefined).allows('10.1.1.1')).toBe(true);
  });

  it('takes a mapped range for the IPv4 range that it is', () => {
    expect(new AddressGuard({ deny: ['::ffff:10.0.0.0/104'] }).allows('10.1.1.1')).toBe(false);
  });

  it.each([
    '',
    'host.example',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    'constructor',
    '1',
  ])('knows no addresses by %j', (text) => {
    expect(parseAddressRanges(text)).toBeUndefined();
  });
});
