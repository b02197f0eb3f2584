"""Published figures of a model, and what has to be computed to get each of them again."""

import json
from dataclasses import dataclass

from utils import checkpoint, gpt2, probes, stories, training

FREE_GIGABYTES = 4  # what predict_fits supposes


@dataclass(frozen=True)
class Fact:
    """One published figure of a model and how to get it again.

    kind: "tensors", "parameters", "sha256", "loss", "next" or "greedy"; given: what has to be read
    for it: for a loss and for "next" a list of (ids, places), ids a tuple of a text's ids and
    places those in it whose token is asked for; for "greedy" (prompt ids, number of new ones); else
    nothing. tolerance: of a number.
    """

    what: str
    kind: str
    published: object
    given: tuple = ()
    tolerance: float = 0.0

    def holds(self, computed) -> bool:
        if isinstance(self.published, float):
            return abs(computed - self.published) <= self.tolerance
        return computed == self.published


def present():
    """(name, folder) of the model of this lesson: OpenAI's "gpt2" if it is on this machine, else
    "bundled".

    Nothing is downloaded.
    """
    folder = checkpoint.find("gpt2")
    return ("gpt2", folder) if folder else ("bundled", checkpoint.DATA / "bundled_gpt2")


def tensor_facts(source, config):
    """What is known of each tensor, {name: {"shape", "sha256"}}; a hash where one was published
    (gpt2 and our own models).
    """
    if source in ("gpt2", *checkpoint.OURS):
        return checkpoint.tensor_facts(source)
    return {name: {"shape": shape} for name, shape in gpt2.shapes(config).items()}


def published_facts(source, config, tokenizer) -> list[Fact]:
    """What was published about a model, each with what is needed to compute it again.

    gpt2: data/gpt2_facts (OpenAI's weights, figures by several authors); bundled:
    data/bundled_gpt2/training.json, recorded when the model was made.
    """
    return _facts_of_gpt2() if source == "gpt2" else _facts_of_bundled(config, tokenizer)


def _facts_of_gpt2():
    facts = checkpoint.published()["gpt2"]
    outputs = json.loads((checkpoint.DATA / "gpt2_facts" / "outputs.json").read_text("utf-8"))
    rows = [
        Fact("tensors", "tensors", 148),
        Fact("parameters", "parameters", facts["parameters"]),
        Fact("sha256 of the file", "sha256", facts["sha256"]),
    ]
    for loss in outputs["losses"]:
        ids = tuple(loss["ids"])
        what = f"loss on {_start(loss['text'].removeprefix(stories.END))}"
        rows.append(
            Fact(
                what,
                "loss",
                loss["mean_cross_entropy_nats"],
                ((ids, tuple(range(1, len(ids)))),),
                loss["tolerance"],
            )
        )
    for greedy in outputs["greedy"]:
        prompt, ids = tuple(greedy["prompt_ids"]), tuple(greedy["ids"])
        rows.append(
            Fact(
                f"goes on after {_start(greedy['prompt'])}",
                "greedy",
                ids,
                (prompt, len(ids) - len(prompt)),
            )
        )
    return rows


def _facts_of_bundled(config, tokenizer):
    folder = checkpoint.DATA / "bundled_gpt2"
    said = json.loads((folder / "training.json").read_text("utf-8"))
    sha256 = (folder / checkpoint.SUMS).read_text("utf-8").split()[0]
    held_out = said["held_out"]
    read, places = [], {kind: [] for kind in said["references"]}
    for story in stories.generate(held_out["seed"], held_out["stories"], held_out=True):
        ids = training.document(tokenizer, story)
        read.append((tuple(ids.tolist()), tuple(range(1, len(ids)))))
        asked = {}
        for reference, answer, _, _ in probes.locate(tokenizer, ids, story):
            asked.setdefault(reference.kind, []).append(answer)
        for kind, answers in asked.items():
            places[kind].append((read[-1][0], tuple(answers)))
    facts = [
        Fact("tensors", "tensors", len(gpt2.shapes(config))),
        Fact("parameters", "parameters", said["parameters"]),
        Fact("sha256 of the file", "sha256", sha256),
        Fact(
            f"loss on {held_out['stories']} unseen stories",
            "loss",
            held_out["loss"],
            tuple(read),
            0.0005,
        ),
    ]
    return facts + [
        Fact(
            f"knows the next word ({kind})",
            "next",
            said["references"][kind]["accuracy"],
            tuple(given),
            0.002,
        )
        for kind, given in places.items()
        if given
    ]


def _start(text, width=28):
    return f"“{text}”" if len(text) <= width else f"“{text[: width - 1]}…”"
