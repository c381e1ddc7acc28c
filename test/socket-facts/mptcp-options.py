# Makes an MPTCP connection, sets its congestion control and options, and runs a program that has its accepted end as
# descriptor 3. Arguments: the program. Prints its output.
import socket
import subprocess
import sys

IPPROTO_MPTCP = 262
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
client.connect(listener.getsockname())
accepted, _ = listener.accept()
accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 70000)
command = ["sh", "-c", 'exec "$0" "$@" 3<&%d' % accepted.fileno(), *sys.argv[1:]]
sys.exit(subprocess.run(command, pass_fds=[accepted.fileno()]).returncode)
