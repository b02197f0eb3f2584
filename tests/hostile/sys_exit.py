# Asks Python to end.
# lost: suggest
# said: SystemExit
import sys


def suggest(probabilities, k=3):
    sys.exit()
