"""Two small tasks with right answers, made from our own words: translate and summarise.

Both are lists of (source, answer), two texts, to teach a language model as one sequence.
"""

import random
import re
from itertools import product

from utils import stories

# English, French and the gender; or the two forms that go with "le" and "la".
THINGS = (
    "bell cloche la, lamp lampe la, boat bateau le, key clé la, book livre le, map carte la, hat "
    "chapeau le, box boîte la, crown couronne la, wheel roue la, drum tambour le, cup tasse la"
)
COLOURS = (
    "red rouge rouge, black noir noire, green vert verte, white blanc blanche, blue bleu bleue"
)
PLACES = (
    "kitchen cuisine la, garden jardin le, cellar cave la, tower tour la, mill moulin le, forest "
    "forêt la, market marché le, museum musée le, harbour port le, station gare la"
)

# What to look for in a story, and the line that says it; {robot} is the story's.
HAPPENED = (
    (r"The (\w+) is in the (\w+),\" said", "The {0} was in the {1}."),
    (r"But the (\w+) was broken", "{robot} mended the {0}."),
    (r"said Robot \w+, \"such \w+ would ([^.]+)\.", "{robot} would not {0}."),
    (r"I gave the (\w+) to (\w+)", "{1} got the {0}."),
    (r"(?:noise|light|moved|came) (?:in|from) the (\w+)", "Something was in the {0}."),
)


def translations(seed=0):
    """All sentences "The red bell is in the tower." with their French, in random order.

    Not word for word: French has the colour after the thing, and thing and place
    decide how "the" and the colour are written.
    """
    rows = [
        (
            f"The {colour} {thing} is in the {place}.",
            f"{le.capitalize()} {chose} {rouge[le]} est dans {la} {lieu}.",
        )
        for (thing, chose, le), (colour, *both), (place, lieu, la) in product(
            _table(THINGS), _table(COLOURS), _table(PLACES)
        )
        for rouge in [dict(zip(("le", "la"), both))]
    ]
    random.Random(seed).shuffle(rows)
    return rows


def _table(lines):
    return [line.split() for line in lines.split(",")]


def summary(story):
    """What happened in a text of `utils.stories`, one short sentence for each episode.

    >>> summary('Once ... Robot Pip. ... But the bell was broken, and it did not ring.')
    'Robot Pip mended the bell.'
    """
    robot = re.search(r"Robot \w+", story)
    found = []
    for pattern, line in HAPPENED:
        if match := re.search(pattern, story):
            words = [word for word in match.groups() if word]
            told = line.format(*words, robot=robot and robot[0])
            found.append((match.start(), told))
    return " ".join(told for _, told in sorted(found))


def summaries(seed, count, held_out=False):
    """(story, summary) of the stories that `stories.generate` tells with these arguments."""
    told = stories.generate(seed, count, held_out)
    return [(story.text, summary(story.text)) for story in told]
