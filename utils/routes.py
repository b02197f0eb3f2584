"""Routes: ways through the course in 90 minutes, half a day and two days, for people who teach it.

A route is a list of parts, each a section of a lesson with some of its exercises, and of pauses. A part takes the
minutes that the registry gives its exercises, and the minutes to show and run the rest. `python -m utils.build --route
NAME` writes a route's notebooks; the plans in solutions/instructors_guide.md are made from this file. A test checks
sections, exercises and sums.
"""

from dataclasses import dataclass

from utils.exercises import exercises


@dataclass(frozen=True)
class Part:
    """A section, the exercises of it that are done, and the minutes besides them. late: leave it out when time runs short."""

    lesson: str
    section: str
    show: int
    exercises: tuple[str, ...] = ()
    late: bool = False

    @property
    def minutes(self) -> int:
        return self.show + sum(e.minutes for e in exercises(self.lesson) if e.name in self.exercises)


@dataclass(frozen=True)
class Pause:
    """Minutes without a notebook."""

    what: str
    minutes: int


@dataclass(frozen=True)
class Route:
    title: str
    minutes: int
    about: str
    steps: tuple[Part | Pause, ...]

    def lessons(self) -> dict[str, list[Part]]:
        """The parts of each lesson, in order."""
        found = {}
        for step in self.steps:
            if isinstance(step, Part):
                found.setdefault(step.lesson, []).append(step)
        return found


def _parts(lesson: str, *rows) -> tuple[Part, ...]:
    """Rows of (section, minutes besides the exercises, exercises separated by spaces or "", perhaps "late")."""
    return tuple(Part(lesson, section, show, tuple(names.split()), bool(late)) for section, show, names, *late in rows)


BREAK, LUNCH = Pause("break", 15), Pause("lunch", 60)

ROUTES = {
    "90-minutes": Route(
        "90 minutes", 90, "One idea, attention, from a table of counts that cannot look back to a model that does.", (
            *_parts("00_start_here",
                    ("Is everything here?", 2, ""),
                    ("How an exercise works", 3, "longest_word")),
            *_parts("01_language_modeling",
                    ("Text to learn from", 2, ""),
                    ("Counting pairs", 3, "count_bigrams"),
                    ("The keyboard", 2, ""),
                    ("Why counting fails", 3, "")),
            Pause("break", 5),
            *_parts("04_masked_self_attention",
                    ('The trouble with "it"', 2, ""),
                    ("A filing cabinet", 6, ""),
                    ("One head, four tokens", 5, "attention_scores"),
                    ("From scores to shares", 3, "", "late"),
                    ("The sum", 2, "weighted_sum"),
                    ("Trouble two: the future", 2, "causal_mask"),
                    ("The attention explorer", 4, "")),
            *_parts("08_loading_gpt2_weights",
                    ("Your GPT-2", 4, ""),
                    ("The proof", 3, "", "late"),
                    ("Play with it", 4, "")),
            Pause("two questions of the quiz, and theirs", 7))),
    "half-day": Route(
        "Half a day", 240, "From counting to a model that writes, with a whole head of attention written by hand.", (
            *_parts("00_start_here",
                    ("Is everything here?", 2, ""),
                    ("How an exercise works", 3, "longest_word")),
            *_parts("01_language_modeling",
                    ("Text to learn from", 2, ""),
                    ("Counting pairs", 2, "count_bigrams"),
                    ("From counts to probabilities", 2, ""),
                    ("The keyboard", 2, "suggest"),
                    ("One word at a time", 2, ""),
                    ("How good is it?", 3, "cross_entropy"),
                    ("The ladder", 3, "predict_ladder"),
                    ("Why counting fails", 3, "")),
            BREAK,
            *_parts("02_byte_pair_encoding",
                    ("What are the pieces?", 2, ""),
                    ("Text is bytes", 2, ""),
                    ("Look at tokens", 2, ""),
                    ("Why spelling is hard", 3, "", "late")),
            *_parts("03_embeddings_and_positions",
                    ("The table wte", 3, ""),
                    ("Looking up", 1, "embed"),
                    ("What got lost: the order", 4, "", "late")),
            *_parts("04_masked_self_attention",
                    ('The trouble with "it"', 2, ""),
                    ("A filing cabinet", 6, ""),
                    ("One head, four tokens", 5, "attention_scores"),
                    ("From scores to shares", 3, "softmax"),
                    ("The sum", 2, "weighted_sum"),
                    ("Trouble one: wide vectors shout", 3, "scale", "late"),
                    ("Trouble two: the future", 2, "causal_mask"),
                    ("Where does the mask go?", 4, "predict_leak", "late"),
                    ("One whole head", 2, "masked_attention"),
                    ("The attention explorer", 5, "")),
            BREAK,
            *_parts("05_decoder_block",
                    ("The map", 2, ""),
                    ("The residual stream", 2, "predict_zero_block"),
                    ("The stack: GPT-2", 3, "")),
            *_parts("06_logits_and_sampling",
                    ("What comes out at the top", 2, ""),
                    ("Logits are not probabilities", 3, "logits_to_probabilities"),
                    ("Pick one: throw a dart", 2, ""),
                    ("Three dials", 8, "temperature"),
                    ("The playground", 4, "")),
            *_parts("08_loading_gpt2_weights",
                    ("Your GPT-2", 4, ""),
                    ("The proof", 3, ""),
                    ("Play with it", 5, "")),
            Pause("four questions of the quiz, and theirs", 12))),
    "two-days": Route(
        "Two days", 840, "The whole way: everybody leaves with a GPT-2 of their own functions. From 9:00 to 16:00 on both days.", (
            *_parts("00_start_here",
                    ("Is everything here?", 2, ""),
                    ("How an exercise works", 3, "longest_word"),
                    ("Five questions", 5, "predict_slice predict_shape predict_broadcast predict_product predict_softmax")),
            *_parts("01_language_modeling",
                    ("Text to learn from", 3, ""),
                    ("Counting pairs", 2, "count_bigrams"),
                    ("From counts to probabilities", 2, "next_word_probabilities"),
                    ("The keyboard", 2, "suggest"),
                    ("Rolling the dice", 2, "sample_next"),
                    ("One word at a time", 2, "generate"),
                    ("How good is it?", 2, "cross_entropy perplexity"),
                    ("The ladder", 3, "predict_ladder predict_gap"),
                    ("Why counting fails", 3, "")),
            BREAK,
            *_parts("02_byte_pair_encoding",
                    ("What are the pieces?", 2, ""),
                    ("Text is bytes", 2, "to_bytes from_bytes"),
                    ("Pairs", 2, "count_pairs"),
                    ("Merging", 2, "merge"),
                    ("Training", 3, "train_bpe"),
                    ("Look at tokens", 3, ""),
                    ("What follows: one word, several ids", 2, "predict_the", "late")),
            LUNCH,
            *_parts("03_embeddings_and_positions",
                    ("An id is a name", 3, ""),
                    ("The table wte", 3, ""),
                    ("Looking up", 1, "embed"),
                    ("What does the model know about a word?", 5, "cosine_neighbours"),
                    ("A map of words", 3, "", "late"),
                    ("What got lost: the order", 4, ""),
                    ("The table wpe", 5, "add_positions"),
                    ("How large are the tables?", 2, "predict_embedding_millions predict_largest_share", "late")),
            BREAK,
            *_parts("04_masked_self_attention",
                    ('The trouble with "it"', 2, ""),
                    ("A filing cabinet", 7, ""),
                    ("One head, four tokens", 5, "attention_scores"),
                    ("From scores to shares", 3, "softmax"),
                    ("The sum", 2, "weighted_sum"),
                    ("Trouble one: wide vectors shout", 3, "scale"),
                    ("Trouble two: the future", 2, "causal_mask"),
                    ("Where does the mask go?", 4, "predict_leak"),
                    ("One whole head", 2, "masked_attention"),
                    ("The hidden divisor", 3, "hidden_divisor", "late")),
            Pause("five questions of the quiz, and theirs: end of day one", 27),
            *_parts("04_masked_self_attention",
                    ("GPT-2's way", 9, "project_qkv split_heads merge_heads multi_head_attention"),
                    ("The attention explorer", 5, "")),
            *_parts("05_decoder_block",
                    ("The map", 2, ""),
                    ("LayerNorm: a fresh start for each vector", 3, "layer_norm"),
                    ("GELU: the bend", 2, "gelu"),
                    ("The MLP: each token thinks for itself", 3, "mlp"),
                    ("The residual stream", 2, "predict_zero_block decoder_block"),
                    ("The stack: GPT-2", 3, "gpt2_forward"),
                    ("Counting every parameter", 5, "count_parameters predict_memory", "late"),
                    ("Take a part out, and see what breaks", 5, "")),
            BREAK,
            *_parts("06_logits_and_sampling",
                    ("What comes out at the top", 2, ""),
                    ("One number for every word", 3, "unembed"),
                    ("Logits are not probabilities", 3, "logits_to_probabilities"),
                    ("Pick one: greedy", 1, "greedy"),
                    ("Greedy goes round in circles", 4, "", "late"),
                    ("Pick one: throw a dart", 2, "sample_id"),
                    ("Three dials", 8, "temperature top_p"),
                    ("The playground", 4, ""),
                    ("The loop, and where it stops", 4, "generate_ids"),
                    ("What is read twice", 2, ""),
                    ("What does it save?", 4, "predict_saving", "late")),
            LUNCH,
            *_parts("07_training",
                    ("A text is one long row of ids", 3, "make_batch"),
                    ("The loss of a model that knows nothing", 3, "predict_first_loss language_model_loss"),
                    ("The real thing", 5, ""),
                    ("Reading the curve", 3, ""),
                    ("What it writes", 2, "")),
            BREAK,
            *_parts("08_loading_gpt2_weights",
                    ("Two worlds, one lesson", 2, ""),
                    ("A checkpoint, opened by hand", 4, "read_header"),
                    ("Names and places", 4, "weight_names"),
                    ("Loading, all or nothing", 3, "load_gpt2"),
                    ("Your GPT-2", 4, ""),
                    ("The proof", 3, ""),
                    ("Play with it", 5, "")),
            Pause("five questions of the quiz, and theirs: what to read next", 15))),
}
