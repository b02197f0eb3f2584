"""From submitted notebooks to reports. `python -m utils.grade PATH…`

Three rules. The judge never shares a process with the judged: a submission's code runs in a child (child.py) that
gets inputs and returns values over a pipe (wire.py); references, expected values and marks stay in the parent
(marking.py). A child that dies, hangs or says too little is "not graded" with the reason, never a number. Each run
first grades the course's own solution and the untouched notebook: unless they get everything and nothing, it stops.
"""
