# An exception that raises when it is turned into text.
# lost: suggest
class Odd(Exception):
    def __str__(self):
        raise KeyboardInterrupt


def suggest(probabilities, k=3):
    raise Odd
