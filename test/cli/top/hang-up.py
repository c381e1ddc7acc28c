# Runs a command on a terminal of its own, closes that terminal after its first output, and prints how the command ended:
# 0 or a positive exit code, or minus the number of a signal.
import fcntl, os, pty, subprocess, sys, termios

master, slave = pty.openpty()


def take_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


command = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, preexec_fn=take_terminal)
os.close(slave)
seen = b""
while b"REMOTE" not in seen:
    seen += os.read(master, 65536)
os.close(master)
print(command.wait(timeout=30))
