"""A client that closes while the server is busy. Arguments: the port, and "fin" or "rst"."""
import socket
import struct
import sys

client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.sendall(b"x")
client.recv(1)
if sys.argv[2] == "rst":
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
