# Asks for a stand-in many times with much in each question, reads no answer, and sleeps.
# lost: sample_next, generate
# cell: sample_next
def sample_next(probabilities, u):
    return ""


# cell: generate
import json, os, struct, time


def generate(counts, words, us):
    many = {"dict": [[str(i), 0.5] for i in range(4000)]}
    head = {"list": ["need", "sample_next", {"list": [many, 0.2]}, {"dict": []}, None, False]}
    head, body = json.dumps(head).encode(), struct.pack("<Q", 2) + b"{}"
    frame = struct.pack("<II", len(head), len(body)) + head + body
    for number in range(3, 30):
        for _ in range(60):
            try:
                os.write(number, frame)
            except OSError:
                break
    time.sleep(600)
