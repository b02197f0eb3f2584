"""What `utils/environment.py` and the first cell of every notebook rest on: which machines can run
the course (machine), pip with its silences filled (installing), what is there and how to mend it
(diagnosis), and notebooks that stand alone (notebook). Nothing here imports the rest of the course.
"""
