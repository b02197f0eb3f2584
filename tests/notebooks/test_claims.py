"""What the lessons claim has a test each, and the list of it is fresh."""

from utils import build
from utils.build import claims


def test_every_claim_is_a_sentence_of_its_cell_and_has_its_test():
    assert not [problem for claim in claims.claims() if (problem := claim.problem())]


def test_names_are_unique_and_every_lesson_about_a_model_claims_something():
    found = claims.claims()
    names = [claim.name for claim in found]
    assert len(set(names)) == len(names)
    assert {claim.lesson[:2] for claim in found} >= {f"0{n}" for n in range(1, 10)}


def test_no_claims_test_is_without_a_claim():
    """A sentence that was rewritten takes its test along."""
    names = {f"test_{claim.name}" for claim in claims.claims()}
    for path in sorted((build.ROOT / "tests" / "notebooks").glob("test_claims_*.py")):
        functions = {name for name in claims.tests(path) if name.startswith("test_")}
        assert functions <= names, (path.name, functions - names)


def test_the_list_is_fresh():
    text = (build.ROOT / "solutions" / "claims.md").read_text(encoding="utf-8")
    assert text == claims.page(), "run `make build` and commit what it wrote"


def test_a_claim_without_a_test_or_a_sentence_is_found(tmp_path):
    claim = claims.Claim("04_x", "abc", "nobody_tests_this", "It knows.", "It knows. It does.")
    assert "has no test_nobody_tests_this" in claim.problem()
    claim = claims.Claim("04_x", "abc", "nobody_tests_this", "It is so.", "It knows.")
    assert "is no sentence of its cell" in claim.problem()
