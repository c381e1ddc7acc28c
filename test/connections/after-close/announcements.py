# Prints what the kernel announces about the destroyed sockets of a local port, one object in JSON for each. The first
# line is "ready". Ends with its standard input.
#   announcements.py <port>
import json, select, socket, struct, sys

port = int(sys.argv[1])
SOL_NETLINK, ADD_MEMBERSHIP, SOCK_DIAG, INFO, SO_RCVBUFFORCE = 270, 1, 4, 2, 33
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG)
# Other tests close thousands of connections at once, and all are announced here.
try:
    kernel.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64_000_000)
except PermissionError:
    kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64_000_000)
kernel.bind((0, 0))
for group in (1, 3):
    kernel.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
print("ready", flush=True)
while True:
    ready, _, _ = select.select([kernel, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    message = kernel.recv(65536)[16:]
    local, remote = struct.unpack_from("!HH", message, 4)
    if local != port:
        continue
    at = 72
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        if kind == INFO:
            info = message[at + 4 : at + length]
            acked, sent, retransmitted = (struct.unpack_from("=Q", info, o)[0] for o in (120, 200, 208))
            not_sent, segments = (struct.unpack_from("=I", info, o)[0] for o in (144, 100))
            facts = dict(remote=remote, state=info[0], bytesAcked=acked, bytesSent=sent)
            facts.update(retransmittedBytes=retransmitted, notSentBytes=not_sent, retransmittedSegments=segments)
            print(json.dumps(facts), flush=True)
        at += (length + 3) & ~3
