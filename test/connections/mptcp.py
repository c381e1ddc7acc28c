# Listens by MPTCP (262) or TCP (6), starts the server with that socket as descriptor 3, and is its client. It sends
# one request, reads 500 bytes of a response that does not end, and ends the connection. Prints as JSON what it knows
# itself, and the server's report.
#   mptcp.py <protocol of the listener> <protocol of the client> <close | reset | stay> <program> <argument>...
import json, os, socket, struct, subprocess, sys

SOL_MPTCP, MPTCP_INFO = 284, 1
FALLBACK = 1

listening, connecting, ending, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, listening)
listener.bind(("127.0.0.1", 0))
listener.listen(7)
address = listener.getsockname()
os.dup2(listener.fileno(), 3, inheritable=True)
server = subprocess.Popen(program, pass_fds=[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
os.close(3)

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, connecting)
client.connect(address)
client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
answer = b""
while not answer.endswith(b"x" * 500 + b"\r\n"):
    answer += client.recv(65536)

try:
    info = client.getsockopt(SOL_MPTCP, MPTCP_INFO, 256)
    is_mptcp = not struct.unpack_from("=I", info, 8)[0] & FALLBACK
except OSError:
    is_mptcp = False  # The socket is a TCP socket.
server.stdin.write(b"received\n")
server.stdin.flush()
assert server.stdout.readline() == b"read\n"
if ending == "reset":
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
if ending == "stay":
    client.recv(1)
client.close()
print(json.dumps({"isMptcp": is_mptcp, "received": len(answer), "server": json.loads(server.communicate()[0])}))
