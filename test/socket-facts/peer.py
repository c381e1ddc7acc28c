# A TCP client that does what it is told, one line of standard input at a time, and prints a line when it is done.
#   peer.py <address> <port>
import os, socket, struct, sys

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27

peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
# A filter of one instruction, which drops every packet: the kernel then acknowledges nothing.
drop = struct.pack("HBBI", 6, 0, 0, 0)


def read(count):
    left = count
    while left > 0:
        left -= len(peer.recv(min(left, 65536)))
    return count


def read_to_the_end():
    total = 0
    while chunk := peer.recv(65536):
        total += len(chunk)
    return total


def go_deaf():
    import ctypes
    program = ctypes.create_string_buffer(drop)
    peer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))
    return "deaf"


def reset():
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    return "reset"


COMMANDS = {
    "read": lambda count: read(int(count)),
    "readToTheEnd": read_to_the_end,
    "send": lambda count: peer.sendall(b"y" * int(count)) or count,
    "goDeaf": go_deaf,
    "hear": lambda: peer.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0) or "hears",
    "shutdown": lambda: peer.shutdown(socket.SHUT_WR) or "shut down",
    "reset": reset,
}

for line in sys.stdin:
    command, *arguments = line.split()
    print(COMMANDS[command](*arguments), flush=True)
