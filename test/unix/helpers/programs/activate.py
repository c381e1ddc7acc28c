"""Starts a program with inherited sockets, as systemd does: activate.py <JSON> <program> <parameters>.

The JSON has `sockets`, each with its `kind` and, for Unix sockets, its `path`; and `environment`, in which "$pid" stands for the
program's own process id. This process keeps the sockets open.
"""
import fcntl
import json
import os
import socket
import sys

settings = json.loads(sys.argv[1])
command = sys.argv[2:]
kept = []


def bound(kind, path):
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(path)
    if not path.startswith("\0"):
        os.chmod(path, 0o666)
    return made


def listening(made):
    made.listen(16)
    return made


def connected(path):
    listener = listening(bound(socket.SOCK_STREAM, path))
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    kept.extend([listener, client])
    return listener.accept()[0]


MAKE = {
    "unix": lambda path: listening(bound(socket.SOCK_STREAM, path)),
    "bound": lambda path: bound(socket.SOCK_STREAM, path),
    "connection": connected,
    "datagram": lambda path: bound(socket.SOCK_DGRAM, path),
    "seqpacket": lambda path: listening(bound(socket.SOCK_SEQPACKET, path)),
    "tcp": lambda path: socket.create_server(("127.0.0.1", 0)),
    "file": lambda path: open("/dev/null"),
}

made = [MAKE[each["kind"]](each.get("path")) for each in settings["sockets"]]
child = os.fork()
if child == 0:
    # Moved up first, because one may have a number that another is to get.
    high = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for each in made]
    for number, descriptor in enumerate(high, start=3):
        os.dup2(descriptor, number)
    for name, value in settings["environment"].items():
        os.environ[name] = value.replace("$pid", str(os.getpid()))
    os.execvp(command[0], command)
os.waitpid(child, 0)
