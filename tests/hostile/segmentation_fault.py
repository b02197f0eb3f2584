# Crashes the interpreter.
# lost: suggest
# said: ended its own process
import ctypes


def suggest(probabilities, k=3):
    return ctypes.string_at(0)
