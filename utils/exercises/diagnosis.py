"""Which known mistake a function makes, where that is certain."""

from utils.exercises import Exercise, said
from utils.exercises.compare import differs
from utils.exercises.outcome import Outcome, run


def diagnose(exercise: Exercise, cases, outcomes, wanted, results) -> str:
    """What it looks like: the known mistake that does the same on every case; else what the results
    are certain of; else "", because a wrong cause is worse than none.

    "Perhaps: " stands before a mistake of which only errors are known: their kind and their words
    are the same, and still they can have another cause.
    """
    failing = [i for i, result in enumerate(results[: len(outcomes)]) if not result.passed]
    tried = list(zip(cases, outcomes, wanted, strict=False))
    refusals = {outcome.error for outcome in wanted} - {""}
    if failing:
        for mistake in exercise.mistakes:
            if all(
                _same(exercise, run(mistake, case.args), outcome, asked, refusals)
                for case, outcome, asked in tried
            ):
                only_errors = all(outcomes[i].error for i in failing)
                return f"Perhaps: {said(mistake)}" if only_errors else said(mistake)
        silent = all(outcomes[i].value is None and not outcomes[i].error for i in failing)
        if silent and not any(wanted[i].error for i in failing):
            if all(outcome.value is None for outcome in outcomes):
                return "Your function returns None: is there a `return` at its end?"
            return (
                "In these cases your function returns None: which way through it ends without a "
                "value?"
            )
    certain = [result.words for result in results if not result.passed]
    return certain[0] if all(certain) else ""


def _same(exercise: Exercise, a: Outcome, b: Outcome, asked: Outcome, refusals: set[str]) -> bool:
    """Whether two calls did the same: equal values, or an error of the same kind and words.

    asked: what the reference did. refusals: the errors that some case asks for; what they say is
    their author's choice, as is what another error says where one is asked for.
    """
    if asked.error and asked.error in a.kinds and asked.error in b.kinds:
        return True
    if a.error and a.error == b.error and (asked.error or a.error in refusals):
        return True
    if a.error or b.error:
        return a.error == b.error and a.text == b.text
    strict = not exercise.prediction
    return not differs(a.value, b.value, exercise.rtol, exercise.atol, strict=strict)
