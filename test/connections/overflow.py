# Makes more connections to a port than its accept queue holds, and ends when the dropped ones have tried again.
#   overflow.py <port> <count> <how many fit>
import select, socket, sys, time

SYN_SENT = 2

port, count, room = map(int, sys.argv[1:])
clients = [socket.socket() for _ in range(count)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", port))
connected = select.poll()
for client in clients:
    connected.register(client, select.POLLOUT)
while len(connected.poll(1000)) < room:
    pass


def is_waiting_for_retry(client):
    state, _, retries = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 3)
    return state == SYN_SENT and retries == 0


# The first retry comes after a second.
while any(map(is_waiting_for_retry, clients)):
    time.sleep(0.02)
