"""Routes: ways through the course in 90 minutes, half a day and two days, for people who teach it.

A route is a list of parts, each a section of a lesson with some of its exercises, and of pauses. A
part takes the minutes that the registry gives its exercises, and the minutes to show and run the
rest. `python -m utils.build --route NAME` writes a route's notebooks; the plans in
solutions/instructors_guide.md are made from this file. A test checks sections, exercises and sums.
"""

from dataclasses import dataclass

from utils.exercises import exercises


@dataclass(frozen=True)
class Part:
    """A section, the exercises of it that are done, and the minutes besides them. late: hurry
    through it when time runs short.
    """

    lesson: str
    section: str
    show: int
    exercises: tuple[str, ...] = ()
    late: bool = False

    @property
    def minutes(self) -> int:
        return self.show + sum(
            e.minutes for e in exercises(self.lesson) if e.name in self.exercises
        )


@dataclass(frozen=True)
class Pause:
    """Minutes without a notebook."""

    what: str
    minutes: int
    ends_day: bool = False


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
    """Rows of (section, minutes besides the exercises, exercises separated by spaces or "", perhaps
    "late").
    """
    return tuple(
        Part(lesson, section, show, tuple(names.split()), bool(late))
        for section, show, names, *late in rows
    )


BREAK, LUNCH = Pause("break", 15), Pause("lunch", 60)

ROUTES = {
    "90-minutes": Route(
        "90 minutes",
        90,
        "One idea, attention, from a table of counts that cannot look back to a model that does.",
        (
            *_parts(
                "00_start_here",
                ("Is everything here?", 2, ""),
                ("How an exercise works", 3, "longest_word"),
            ),
            *_parts(
                "01_language_modeling",
                ("Text to learn from", 2, ""),
                ("Counting pairs", 3, "count_bigrams"),
                ("The keyboard", 2, ""),
                ("Why counting fails", 3, ""),
            ),
            Pause("break", 5),
            *_parts(
                "04_masked_self_attention",
                ('The trouble with "it"', 2, ""),
                ("A filing cabinet", 6, ""),
                ("One head, four tokens", 5, "attention_scores"),
                ("From scores to shares", 3, "", "late"),
                ("The sum", 2, "weighted_sum"),
                ("Trouble two: the future", 2, "causal_mask"),
                ("The attention explorer", 4, ""),
            ),
            *_parts(
                "08_loading_gpt2_weights",
                ("Your GPT-2", 4, ""),
                ("The test", 3, "", "late"),
                ("Play with it", 4, ""),
            ),
            Pause("two questions of the quiz, and theirs", 7),
        ),
    ),
    "half-day": Route(
        "Half a day",
        240,
        "From counting to a model that writes, with a whole head of attention written by hand.",
        (
            *_parts(
                "00_start_here",
                ("Is everything here?", 2, ""),
                ("How an exercise works", 3, "longest_word"),
            ),
            *_parts(
                "01_language_modeling",
                ("Text to learn from", 2, ""),
                ("Counting pairs", 2, "count_bigrams"),
                ("From counts to probabilities", 2, ""),
                ("The keyboard", 2, "suggest"),
                ("One word at a time", 3, ""),
                ("How good is it?", 3, "cross_entropy"),
                ("The ladder", 2, "predict_ladder"),
                ("Why counting fails", 3, ""),
            ),
            BREAK,
            *_parts(
                "02_byte_pair_encoding",
                ("What are the pieces?", 2, ""),
                ("Text is bytes", 2, ""),
                ("Look at tokens", 2, ""),
                ("Why spelling is hard", 3, "", "late"),
            ),
            *_parts(
                "03_embeddings_and_positions",
                ("The table wte", 3, ""),
                ("Looking up", 1, "embed"),
                ("What got lost: the order", 4, "", "late"),
            ),
            *_parts(
                "04_masked_self_attention",
                ('The trouble with "it"', 2, ""),
                ("A filing cabinet", 6, ""),
                ("One head, four tokens", 5, "attention_scores"),
                ("From scores to shares", 3, "softmax"),
                ("The sum", 2, "weighted_sum"),
                ("Trouble one: wide vectors shout", 3, "scale", "late"),
                ("Trouble two: the future", 2, "causal_mask"),
                ("Where does the mask go?", 4, "predict_leak", "late"),
                ("One whole head", 2, "masked_attention"),
                ("The attention explorer", 5, ""),
            ),
            BREAK,
            *_parts(
                "05_decoder_block",
                ("The map", 2, ""),
                ("The residual stream", 2, "predict_zero_block"),
                ("The stack: GPT-2", 3, ""),
            ),
            *_parts(
                "06_logits_and_sampling",
                ("What comes out at the top", 2, ""),
                ("Logits are not probabilities", 3, "logits_to_probabilities"),
                ("Pick one: throw a dart", 2, ""),
                ("Three dials", 8, "temperature"),
                ("The playground", 2, ""),
            ),
            *_parts(
                "08_loading_gpt2_weights",
                ("Your GPT-2", 4, ""),
                ("The test", 3, ""),
                ("Play with it", 3, ""),
            ),
            Pause("four questions of the quiz, and theirs", 12),
        ),
    ),
    "two-days": Route(
        "Two days",
        840,
        "The whole way: everybody leaves with a GPT-2 of their own functions. From 9:00 to "
        "16:00 on both days.",
        (
            *_parts(
                "00_start_here",
                ("Is everything here?", 2, ""),
                ("How an exercise works", 3, "longest_word"),
                (
                    "Five questions",
                    5,
                    "predict_slice predict_shape predict_broadcast predict_product predict_softmax",
                ),
            ),
            *_parts(
                "01_language_modeling",
                ("Text to learn from", 2, ""),
                ("Counting pairs", 2, "count_bigrams"),
                ("From counts to probabilities", 2, "next_word_probabilities"),
                ("The keyboard", 2, "suggest"),
                ("Rolling the dice", 2, "sample_next"),
                ("One word at a time", 3, "generate"),
                ("How good is it?", 2, "cross_entropy perplexity"),
                ("The ladder", 2, "predict_ladder predict_gap"),
                ("Why counting fails", 3, ""),
            ),
            BREAK,
            *_parts(
                "02_byte_pair_encoding",
                ("What are the pieces?", 2, ""),
                ("Text is bytes", 2, "to_bytes from_bytes"),
                ("Pairs", 2, ""),
                ("Merging", 2, "merge"),
                ("Training", 4, "train_bpe"),
                ("Look at tokens", 2, ""),
                ("What follows: one word, several ids", 2, "predict_the", "late"),
            ),
            LUNCH,
            *_parts(
                "03_embeddings_and_positions",
                ("An id is a name", 3, ""),
                ("The table wte", 2, ""),
                ("Looking up", 1, "embed"),
                ("What does the model know about a word?", 5, "cosine_neighbours"),
                ("A map of words", 3, "", "late"),
                ("What got lost: the order", 4, ""),
                ("The table wpe", 6, "add_positions"),
                (
                    "How large are the tables?",
                    2,
                    "predict_embedding_millions predict_largest_share",
                    "late",
                ),
            ),
            BREAK,
            *_parts(
                "04_masked_self_attention",
                ('The trouble with "it"', 2, ""),
                ("A filing cabinet", 6, ""),
                ("One head, four tokens", 5, "attention_scores"),
                ("From scores to shares", 3, "softmax"),
                ("The sum", 2, "weighted_sum"),
                ("Trouble one: wide vectors shout", 3, "scale"),
                ("Trouble two: the future", 2, "causal_mask"),
                ("Where does the mask go?", 4, "predict_leak"),
                ("One whole head", 2, "masked_attention"),
            ),
            Pause("five questions of the quiz, and theirs: end of day one", 26, ends_day=True),
            *_parts(
                "04_masked_self_attention",
                ("GPT-2's way", 10, "project_qkv split_heads merge_heads multi_head_attention"),
                ("A trained model", 12, "predict_control", "late"),
                ("The attention explorer", 4, ""),
            ),
            *_parts(
                "05_decoder_block",
                ("The map", 2, ""),
                ("LayerNorm: a fresh start for each vector", 3, "layer_norm"),
                ("GELU: the bend", 2, "gelu"),
                ("The MLP: each token thinks for itself", 3, "mlp"),
                ("The residual stream", 2, "predict_zero_block decoder_block"),
                ("The stack: GPT-2", 3, "gpt2_forward"),
                ("Counting every parameter", 5, "count_parameters predict_memory", "late"),
                ("Take a part out, and see what breaks", 5, ""),
            ),
            BREAK,
            *_parts(
                "06_logits_and_sampling",
                ("What comes out at the top", 2, ""),
                ("One number for every word", 3, "unembed"),
                ("Logits are not probabilities", 3, "logits_to_probabilities"),
                ("Pick one: greedy", 1, "greedy"),
                ("Greedy goes round in circles", 4, "", "late"),
                ("Pick one: throw a dart", 2, "sample_id"),
                ("Three dials", 8, "temperature"),
                ("The playground", 3, ""),
                ("The loop, and where it stops", 4, ""),
                ("What is read twice", 2, ""),
                ("What does it save?", 4, "predict_saving", "late"),
            ),
            LUNCH,
            *_parts(
                "07_training",
                ("A text is one long row of ids", 3, "make_batch"),
                (
                    "The loss of a model that knows nothing",
                    3,
                    "predict_first_loss language_model_loss",
                ),
                ("The real thing", 4, ""),
                ("Reading the curve", 3, ""),
                ("What it writes", 2, ""),
            ),
            BREAK,
            *_parts(
                "08_loading_gpt2_weights",
                ("Two worlds, one lesson", 2, ""),
                ("A checkpoint, opened by hand", 4, "read_header"),
                ("Names and places", 4, "weight_names"),
                ("Loading, all or nothing", 3, "load_gpt2"),
                ("Your GPT-2", 4, ""),
                ("The test", 3, ""),
                ("Play with it", 3, ""),
            ),
            Pause("five questions of the quiz, and theirs: what to read next", 12),
        ),
    ),
}

SAY = {  # what to say to each section before its cells run; the guide sets it beside the minutes
    "00_start_here": {
        "Is everything here?": "Every line a tick? If not, the line says what to do; a "
        "neighbour helps.",
        "How an exercise works": "Do it wrong on purpose first, all together, and read the "
        "card aloud. Nobody is "
        "graded today.",
        "Five questions": "Answer without running anything. If you have all five right, help "
        "at another table.",
    },
    "01_language_modeling": {
        "Text to learn from": "Everybody has the same stories, so your numbers are your "
        "neighbour's numbers.",
        "Counting pairs": "This is the whole of a first language model. GPT-2 is a better "
        "answer to the same "
        "question.",
        "From counts to probabilities": "What has never been seen is not impossible. How much "
        "should it get?",
        "The keyboard": "Take out your phones: the three words above the keys are this function.",
        "Rolling the dice": "Draw the line from 0 to 1 on the board and let somebody throw the "
        "dart.",
        "One word at a time": "What comes out goes in again. GPT-2 writes in exactly this loop.",
        "How good is it?": "Surprise has a unit. Ask what a model that is always sure and "
        "right would get.",
        "The ladder": "Hands up for each rung before anybody runs the cell. Note the count on "
        "the board.",
        "Why counting fails": "Read the story to the missing word and stop. How did you know? "
        "You looked back. "
        "That is today's problem.",
    },
    "02_byte_pair_encoding": {
        "What are the pieces?": "Words run out, letters are too many pieces. What lies between?",
        "Text is bytes": "256 numbers can write anything that was ever written.",
        "Pairs": "The same counting as in lesson 01, with bytes for words.",
        "Merging": "Do “aaa” on the board: which two of them merge?",
        "Training": "Count, merge, count again. Ask for the tie rule before somebody finds two "
        "answers.",
        "Look at tokens": "Type the names of people in the room. Whose is one token?",
        "What follows: one word, several ids": "To the model, two spellings have nothing in "
        "common that training does not teach.",
        "Why spelling is hard": "The model has never seen a letter. Now ask again why it "
        "miscounts them.",
    },
    "03_embeddings_and_positions": {
        "An id is a name": "262 is not more than 261. A number on a football shirt is not a "
        "quantity either.",
        "The table wte": "One row for each token. Nobody chose these numbers.",
        "Looking up": "Indexing, and nothing else: one line.",
        "What does the model know about a word?": "Predict the neighbours of a word of your "
        "choice before you run it.",
        "A map of words": "A shadow of the real space on a wall: near on the map need not be near.",
        "What got lost: the order": "Dog bites man. Without positions the model cannot tell "
        "who bites.",
        "The table wpe": "The simplest cure there is: add a vector for the place.",
        "How large are the tables?": "Guess first: what part of GPT-2 is only its dictionary?",
    },
    "04_masked_self_attention": {
        'The trouble with "it"': "Stop before the last word. Let somebody explain how they "
        "know what is meant.",
        "A filing cabinet": "Query: what I ask. Key: the label. Value: what is inside. Say it "
        "three times today.",
        "One head, four tokens": "One query by pencil, together, before the machine does all four.",
        "From scores to shares": "Try it with a thousand: the formula as written breaks.",
        "The sum": "Shares times values, added. That is all of attention.",
        "Trouble one: wide vectors shout": "The post never mentions the scale. Look at what a "
        "row is without it.",
        "Trouble two: the future": "Whoever can see the answer learns to copy it. So we hide it.",
        "Where does the mask go?": "Vote: before softmax, or after? Both tables have the same "
        "zeros.",
        "One whole head": "Five functions of yours in a row. Nothing new is needed.",
        "GPT-2's way": "The same thing several times at once. The cut into heads is where "
        "people go wrong: no error, wrong model.",
        "A trained model": "Hypothesis, baseline, rival, control. Let them vote on the two "
        "sentences before anything is run.",
        "The attention explorer": "A race: who finds the head that looks at the noun? Nobody "
        "told it to.",
    },
    "05_decoder_block": {
        "The map": "Follow the green line with your finger. Nothing on it is ever replaced.",
        "LayerNorm: a fresh start for each vector": "Which numbers belong together? One "
        "token's, never one column's.",
        "GELU: the bend": "Without a bend, two matrices are one matrix.",
        "The MLP: each token thinks for itself": "Attention talks, the MLP thinks. Nobody "
        "looks at anybody here.",
        "The residual stream": "A block edits, it does not replace. What does a block of zeros do?",
        "The stack: GPT-2": "Ten lines, and they are the real thing: lesson 08 runs OpenAI's "
        "weights on them.",
        "Counting every parameter": "A famous table is short by 29,184. You will know where "
        "they are.",
        "Take a part out, and see what breaks": "Guess the order of the damage before the "
        "curves come.",
    },
    "06_logits_and_sampling": {
        "What comes out at the top": "One vector. How does it become a word?",
        "One number for every word": "The same wte as at the bottom. Compare with all rows at "
        "once.",
        "Logits are not probabilities": "The post calls them probabilities. Look at their signs.",
        "Pick one: greedy": "The obvious way, and it has a flaw.",
        "Greedy goes round in circles": "Let it run until somebody in the room sees the circle.",
        "Pick one: throw a dart": "The dart of lesson 01, on a tensor.",
        "Three dials": "Every chat program has these knobs. Now you know what they turn.",
        "The playground": "Two minutes of play. Who gets the strangest sentence at what "
        "temperature?",
        "The loop, and where it stops": "It stops when it says so, or when there is no room. "
        "No third reason.",
        "What is read twice": "Watch the lanes: what was computed once never changes. So keep it.",
        "What does it save?": "Vote for the order of magnitude. Then count.",
    },
    "07_training": {
        "A text is one long row of ids": "The text is its own answer sheet: targets are inputs "
        "moved by one.",
        "The loss of a model that knows nothing": "You can say the first loss before you "
        "train. Say it.",
        "The real thing": "Start the cell, then talk: it trains for a minute or two, longer "
        "where many share a "
        "machine.",
        "Reading the curve": "It is a story in chapters: ln V, unigram, bigram, then attention.",
        "What it writes": "Read the texts aloud, from the beginning of training to its end.",
    },
    "08_loading_gpt2_weights": {
        "Two worlds, one lesson": "bundled or gpt2: the same code runs both. Look which one "
        "you have.",
        "A checkpoint, opened by hand": "Half a gigabyte, and you can read it: a length, a "
        "table of contents, numbers.",
        "Names and places": "The names are a map. One careless rule throws twelve biases away.",
        "Loading, all or nothing": "Half a model writes, too. A loader must refuse.",
        "Your GPT-2": "Every function that passed is in this file. Open it: you can read all "
        "of it.",
        "The test": "Others ran these weights and wrote down what came out. Does yours agree?",
        "Play with it": "Your code is running. Leave them time with it.",
    },
}
