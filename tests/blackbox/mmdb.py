"""Writes small files in MaxMind's format (maxmind.github.io/MaxMind-DB): what a test wants to be known of addresses.

    python3 tests/blackbox/mmdb.py FOLDER    the files of tests/unit/readers/data
"""
import ipaddress
import pathlib
import sys

MAP, UTF8, UINT16, UINT32, ARRAY, UINT64 = 7, 2, 5, 6, 11, 9


def control(kind, size):
    """Type and size in front of a value; types above 7 have a byte of their own."""
    assert size < 29 + 256
    first, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([first]) + bytes([kind - 7]) + more if kind > 7 else bytes([kind << 5 | first]) + more


def encode(value, kind=UINT32):
    if isinstance(value, dict):
        pairs = b"".join(encode(name) + encode(one) for name, one in value.items())
        return control(MAP, len(value)) + pairs
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(encode(one) for one in value)
    if isinstance(value, str):
        return control(UTF8, len(value.encode())) + value.encode()
    number = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return control(kind, len(number)) + number


def bits_of(network, ip_version):
    address, length = int(network.network_address), network.prefixlen
    width = 128 if ip_version == 6 else 32
    if network.version == 4 and ip_version == 6:
        length += 96  # IPv4 stands below ::/96
    return [address >> (width - 1 - i) & 1 for i in range(length)]


def put(node, bits, value):
    """Larger networks first: a smaller one splits what it lies in."""
    for bit in bits[:-1]:
        if not isinstance(node[bit], list):
            node[bit] = [node[bit], node[bit]]
        node = node[bit]
    node[bits[-1]] = value


def write(path, database_type, entries, ip_version=6):
    """`entries`: {"192.0.2.0/24": {"country": {"iso_code": "DE"}}}; the smaller of two networks counts."""
    root, data, places = [None, None], b"", {}
    networks = sorted(map(ipaddress.ip_network, entries), key=lambda one: one.prefixlen + 96 * (one.version == 4))
    for network in networks:
        record = encode(entries[str(network)])
        if record not in places:
            places[record] = len(data)
            data += record
        put(root, bits_of(network, ip_version), places[record])
    nodes = [root]
    for node in nodes:
        nodes.extend(child for child in node if isinstance(child, list))
    number = {id(node): i for i, node in enumerate(nodes)}

    def record_of(child):
        if child is None:
            return len(nodes)
        return number[id(child)] if isinstance(child, list) else len(nodes) + 16 + child

    tree = b"".join(record_of(child).to_bytes(3, "big") for node in nodes for child in node)
    fields = {"database_type": encode(database_type), "ip_version": encode(ip_version, UINT16),
              "node_count": encode(len(nodes)), "record_size": encode(24, UINT16),
              "binary_format_major_version": encode(2, UINT16), "binary_format_minor_version": encode(0, UINT16),
              "build_epoch": encode(1_700_000_000, UINT64), "languages": encode(["en"]),
              "description": encode({"en": "made for a test"})}
    metadata = control(MAP, len(fields)) + b"".join(encode(name) + value for name, value in fields.items())
    pathlib.Path(path).write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)
    return path


def main(folder):
    place = lambda code: {"country": {"iso_code": code}, "registered_country": {"iso_code": "XX"}}  # noqa: E731
    write(folder / "countries.mmdb", "Test-Country",
          {"192.0.2.0/24": place("DE"), "192.0.2.128/25": place("FR"), "2001:db8::/32": place("JP"),
           "198.51.100.0/24": {"registered_country": {"iso_code": "US"}},
           "203.0.113.0/25": {"country": "BR", "asn": "AS64500"}, "203.0.113.128/25": {"country_code": "PL"}})
    write(folder / "systems.mmdb", "Test-ASN",
          {"192.0.2.0/24": {"autonomous_system_number": 64496, "autonomous_system_organization": "Example"},
           "203.0.113.0/24": {"asn": "AS64500"}}, ip_version=4)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
