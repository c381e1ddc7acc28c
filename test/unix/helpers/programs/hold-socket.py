"""Holds a socket that Node can't make, until stdin ends: hold-socket.py <path> <type>. Prints {} when it is bound."""
import socket
import sys

path, kind = sys.argv[1:]
held = socket.socket(socket.AF_UNIX, getattr(socket, kind))
held.bind(path)
if kind != "SOCK_DGRAM":
    held.listen()
print("{}", flush=True)
sys.stdin.read()
