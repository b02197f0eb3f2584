# A child that is stopped, and traced: it looks as if it could run.
# lost: suggest
# said: still running
import ctypes
import os
import signal
import time


def suggest(probabilities, k=3):
    if os.fork() == 0:
        ctypes.CDLL(None).ptrace(0, 0, 0, 0)  # PTRACE_TRACEME
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    while True:
        time.sleep(1000)
