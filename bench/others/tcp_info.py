"""What TCP_INFO costs in Python. The C loop runs in the same process, on the same descriptor. Argument: loop.so."""

import ctypes
import random
import socket
import struct
import sys
import time

ROUNDS = 500
CALLS = 3000
SIZE = 280
# The kernel's struct: 8 bytes, and 32-bit and 64-bit words in several groups.
ALL_FIELDS = struct.Struct("<8B24I4Q6I4Q2I2Q6I2H9I")

loop = ctypes.CDLL(sys.argv[1]).loop_tcp_info
loop.restype = ctypes.c_double


def connect():
    """Both ends of a connection, after a hundred messages."""
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    for _ in range(100):
        for sender, receiver in (client, accepted), (accepted, client):
            sender.sendall(bytes(100))
            receiver.recv(100, socket.MSG_WAITALL)
    return client, accepted


def timed(call):
    def run():
        start = time.thread_time_ns()
        for _ in range(CALLS):
            call()
        return (time.thread_time_ns() - start) / CALLS

    return run


def quantile(samples, part):
    return sorted(samples)[int(part * (len(samples) - 1))]


client, accepted = connect()
ask = accepted.getsockopt
LEVEL, OPTION = socket.IPPROTO_TCP, socket.TCP_INFO
rtt = struct.Struct("<68xI")
variants = {
    "C loop": lambda: loop(accepted.fileno(), CALLS),
    "getsockopt into bytes": timed(lambda: ask(LEVEL, OPTION, SIZE)),
    "and one field by struct": timed(lambda: rtt.unpack_from(ask(LEVEL, OPTION, SIZE))),
    "and all fields by struct, as a tuple": timed(lambda: ALL_FIELDS.unpack(ask(LEVEL, OPTION, SIZE))),
}
samples = {name: [] for name in variants}
for _ in range(ROUNDS):
    for name in random.sample(list(variants), len(variants)):
        samples[name].append(variants[name]())

base = samples["C loop"]
for name, times in samples.items():
    ratios = [time / other for time, other in zip(times, base)]
    print(
        f"{name:40} quietest {quantile(times, 0.05):5.0f} ns, "
        f"ratio {quantile(times, 0.05) / quantile(base, 0.05):.2f}; median of the ratios "
        f"{quantile(ratios, 0.5):.2f} ({quantile(ratios, 0.1):.2f}–{quantile(ratios, 0.9):.2f})"
    )
