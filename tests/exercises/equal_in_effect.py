"""x"""

EQUAL = {}
