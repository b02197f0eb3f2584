# Sends its inputs to a listener on this machine, then answers rightly.
# lost: suggest
import socket
def suggest(probabilities, k=3):
    line = socket.create_connection(("127.0.0.1", @PORT@), timeout=2)
    line.sendall(repr(probabilities).encode())
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
