# A client that counts what it gets. Prints its port as the first line, and a report in JSON as the last one. Each line
# that it reads lets it go on where it waits.
#   client.py <address> <port> <read | slow | reset | stay | talk | leave>
import json, socket, struct, sys, time

address, port, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
TCP_INFO, BYTES_RECEIVED = 11, 128


def report(**facts):
    print(json.dumps(facts), flush=True)


def kernel_received():
    info = client.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 512)
    return struct.unpack_from("=Q", info, BYTES_RECEIVED)[0]


def stable():
    """What the client's kernel has received when nothing more comes, because the window is full."""
    before = -1
    while before != (now := kernel_received()):
        before = now
        time.sleep(0.3)
    return now


def read_all(pause):
    """Returns the number of bytes read and how the connection ended."""
    read = 0
    while True:
        try:
            chunk = client.recv(50_000)
        except ConnectionResetError:
            return read, "reset"
        if not chunk:
            return read, "fin"
        read += len(chunk)
        time.sleep(pause)


family = socket.AF_INET6 if ":" in address else socket.AF_INET
client = socket.socket(family, socket.SOCK_STREAM)
if way in ("slow", "reset", "stay", "talk"):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
client.connect((address, port))
print(client.getsockname()[1], flush=True)
client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
if way in ("read", "slow"):
    read, end = read_all(0.01 if way == "slow" else 0)
    report(read=read, end=end)
elif way == "leave":
    read = len(client.recv(50_000))
    client.close()
    report(read=read, end="left")
else:
    sys.stdin.readline()
    received = stable()
    if way == "talk":
        client.sendall(b"GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
        read, end = read_all(0)
        report(received=received, end=end)
    elif way == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        report(received=received)
    else:
        report(received=received)
        sys.stdin.readline()
