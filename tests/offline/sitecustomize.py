"""First on the path of every notebook test: Python code there can reach this machine, and nothing
else.
"""

import socket

_connect = socket.socket.connect


def connect(self, address):
    local = not isinstance(address, tuple) or str(address[0]).startswith(
        ("127.", "localhost", "::1")
    )
    if not local:
        raise OSError(f"the network is blocked while notebooks are tested: {address}")
    return _connect(self, address)


socket.socket.connect = connect
