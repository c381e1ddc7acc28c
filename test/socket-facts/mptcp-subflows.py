# Listens with one protocol (262 is MPTCP, 6 is TCP), starts a program with that socket as descriptor 3, and is its
# client. It needs a network namespace of its own, to give this machine more addresses, from which the kernel makes more
# subflows.
#   mptcp-subflows.py <protocol of the listener> <protocol of the client> <additional subflows> <program> <argument>...
# For each line "look" on standard input it prints, as JSON, what the program says, and what ss says meanwhile.
import json, os, socket, struct, subprocess, sys, time

listening, connecting, additional, program = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


run("ip", "link", "set", "lo", "up")
endpoints = [f"10.7.0.{index + 2}" for index in range(additional)]
for endpoint in endpoints:
    run("ip", "addr", "add", f"{endpoint}/32", "dev", "lo")
if additional:
    run("ip", "mptcp", "limits", "set", "subflows", str(additional))
    for endpoint in endpoints:
        run("ip", "mptcp", "endpoint", "add", endpoint, "dev", "lo", "subflow")

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, listening)
listener.bind(("127.0.0.1", 0))
listener.listen(7)
address = listener.getsockname()
os.dup2(listener.detach(), 3, inheritable=True)
server = subprocess.Popen(program, pass_fds=[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
os.close(3)
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, connecting)
client.connect(address)
client.sendall(b"x" * 100)


def subflows():
    """What the client's kernel says: mptcpi_subflows, mptcpi_flags, mptcpi_bytes_sent and so on."""
    return client.getsockopt(284, 1, 256)


def settle():
    deadline = time.monotonic() + 20
    while subflows()[0] < additional:
        if time.monotonic() > deadline:
            sys.exit(f"only {subflows()[0]} of {additional} subflows")
        time.sleep(0.02)


def look():
    server.stdin.write("look\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


COMMANDS = {
    "settle": settle,
    "look": lambda: {"seen": look(), "tcp": run("ss", "-tniOH"), "mptcp": run("ss", "-niMOH")},
    "read": lambda count: len(client.recv(int(count), socket.MSG_WAITALL)),
    "close": client.close,
}
for line in sys.stdin:
    command, *arguments = line.split()
    print(json.dumps(COMMANDS[command](*arguments)), flush=True)
server.stdin.close()
sys.exit(server.wait())
