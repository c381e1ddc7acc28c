# Prints the type of service of each packet with data that leaves a port over loopback. Argument: the port. Ends when
# its standard input does. Needs root.
import select
import socket
import struct
import sys

port = int(sys.argv[1])
capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
capture.bind(("lo", 0))
print("ready", flush=True)
while sys.stdin not in select.select([capture, sys.stdin], [], [])[0]:
    packet = capture.recv(65535)
    if packet[0] >> 4 == 4:
        version, service, header, protocol = 4, packet[1], (packet[0] & 15) * 4, packet[9]
    else:
        version, service, header, protocol = 6, struct.unpack(">I", packet[:4])[0] >> 20 & 255, 40, packet[6]
    if protocol != 6 or struct.unpack(">H", packet[header : header + 2])[0] != port:
        continue
    if len(packet) > header + (packet[header + 12] >> 4) * 4:
        print(version, service, flush=True)
