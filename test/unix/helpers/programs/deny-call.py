"""Starts a program for which one system call does not exist: deny-call.py <number> <program> <parameters>.

The kernel answers ENOSYS to that number (seccomp(2)), as an older kernel does.
"""
import ctypes
import errno
import os
import struct
import sys

number, *command = sys.argv[1:]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# linux/filter.h: loads the call's number, returns ENOSYS if it is the denied one, and allows all others.
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
program = b"".join(
    struct.pack("HBBI", *line)
    for line in [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1, int(number)), (RETURN, 0, 0, ERRNO | errno.ENOSYS), (RETURN, 0, 0, ALLOW)]
)
buffer = ctypes.create_string_buffer(program)
filter_program = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_program, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(command[0], command)
