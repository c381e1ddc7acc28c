# Sets options of the socket that is descriptor 3, and prints all of its options as Python reads them.
# Argument: a JSON object of names and values.
import json
import socket
import struct
import sys

# name: (level, number, format)
OPTIONS = {
    "SO_RCVBUF": (1, 8, "I"),
    "SO_SNDBUF": (1, 7, "I"),
    "SO_BUF_LOCK": (1, 72, "I"),
    "TCP_NODELAY": (6, 1, "I"),
    "SO_KEEPALIVE": (1, 9, "I"),
    "TCP_KEEPIDLE": (6, 4, "I"),
    "TCP_KEEPINTVL": (6, 5, "I"),
    "TCP_KEEPCNT": (6, 6, "I"),
    "TCP_USER_TIMEOUT": (6, 18, "I"),
    "TCP_NOTSENT_LOWAT": (6, 25, "I"),
    "SO_MAX_PACING_RATE": (1, 47, "Q"),
    "IP_TOS": (0, 1, "I"),
    "IPV6_TCLASS": (41, 67, "I"),
    "SO_MARK": (1, 36, "I"),
    "SO_COOKIE": (1, 57, "Q"),
    "TCP_CONGESTION": (6, 13, "16s"),
}

connection = socket.socket(fileno=3)
for name, value in json.loads(sys.argv[1]).items():
    level, number, form = OPTIONS[name]
    data = value.encode() if isinstance(value, str) else struct.pack(form, value)
    connection.setsockopt(level, number, data)

seen = {}
for name, (level, number, form) in OPTIONS.items():
    try:
        data = connection.getsockopt(level, number, struct.calcsize(form))
    except OSError:
        continue
    if form == "16s":
        seen[name] = data.rstrip(b"\0").decode()
    elif form == "Q":
        # As text, because JSON's numbers do not have 64 bits.
        seen[name] = "%x" % struct.unpack(form if len(data) == 8 else "I", data)
    else:
        seen[name] = struct.unpack(form, data)[0]
print(json.dumps(seen))
