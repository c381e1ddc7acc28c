# Sends an RST that belongs to no connection to a port of 127.0.0.1. Needs root.
#   stray-reset.py <port>
import socket, struct, sys

RST = 4


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


header = struct.pack("!HHIIBBHHH", 1, int(sys.argv[1]), 1, 0, 5 << 4, RST, 1000, 0, 0)
pseudo_header = socket.inet_aton("127.0.0.1") * 2 + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header))
header = header[:16] + struct.pack("!H", checksum(pseudo_header + header)) + header[18:]
socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP).sendto(header, ("127.0.0.1", 0))
