"""Equal and nearly equal, less what everybody must have."""

from tests.grade import solved
from utils.grade.desk.similar import alike, tokens

LESSON = "01_language_modeling"
OWN = '''
def suggest(probabilities, k=3):
    """Mine."""
    chosen = []
    pool = dict(probabilities)
    while pool and len(chosen) < k:
        leader = None
        for word in pool:
            if leader is None or (pool[word], leader) > (pool[leader], word):
                leader = word
        chosen.append(leader)
        del pool[leader]
    return chosen
'''
RENAMED = (
    OWN.replace("chosen", "out").replace("pool", "rest").replace("leader", "top")
    .replace('"""Mine."""', "# nobody's\n").replace("    ", "  ")
)  # fmt: skip
ANOTHER = """
def suggest(probabilities, k=3):
    pairs = [(-share, word) for word, share in probabilities.items()]
    pairs.sort()
    return [pair[1] for pair in pairs[:k]]
"""


def entry(code, digest, **more):
    exercises = [{"id": "suggest", "code": code}]
    return {"lesson": LESSON, "digest": digest, "exercises": exercises} | more


def test_names_comments_and_layout_are_gone():
    assert tokens(OWN) == tokens(RENAMED) and tokens(OWN)[:3] == ["def", "name", "("]


def test_a_renamed_copy_is_asked_about_and_another_way_is_not():
    (pair,) = alike([entry(OWN, "1"), entry(ANOTHER, "2"), entry(RENAMED, "3")])
    assert (pair["a"], pair["b"], pair["share"], pair["same_file"]) == (0, 2, 100, False)
    assert pair["exercises"] == ["suggest"]


def test_the_courses_own_solution_and_stub_are_nobodys():
    cell = next(c.source for c in solved().cells if c["id"] == "suggest")
    assert not alike([entry(cell, "1"), entry(cell, "1"), entry(cell.replace("word", "w"), "2")])


def test_the_same_file_is_said_and_one_students_two_files_are_not():
    (pair,) = alike([entry(OWN, "1"), entry(OWN, "1")])
    assert pair["same_file"]
    student = {"key": "7"}
    assert not alike([entry(OWN, "1", student=student), entry(RENAMED, "2", student=student)])


def test_the_most_alike_are_asked_about_first():
    part = OWN.replace("del pool[leader]", "pool.pop(leader, None)").replace("pool and ", "")
    texts = [(part, "1"), (OWN, "2"), (RENAMED, "3"), (part, "1")]
    pairs = alike([entry(*text) for text in texts])
    assert (pairs[0]["a"], pairs[0]["b"]) == (0, 3) and pairs[0]["same_file"]
    shares = [pair["share"] for pair in pairs[1:]]
    assert shares == sorted(shares, reverse=True) and len({*shares}) > 1


def test_a_line_in_common_is_no_reason():
    line = "def suggest(p, k=3):\n    return p[k] ** 2 - p[0]\n"
    assert not alike([entry(line, "1"), entry(line + "\n", "2")])


def test_what_many_of_a_class_have_is_how_one_writes_it():
    assert not alike([entry(OWN, str(i)) for i in range(8)][:8])


def test_code_that_is_no_python_breaks_nothing():
    assert alike([entry("def f(:\n 'x", "1"), entry("\x00(", "2")]) == []
