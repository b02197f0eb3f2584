"""Short stories about people, robots, things and places, from a known random source.

A small world stands behind each story (who is there, where each thing is), so that
the right next word often depends on a word far back: "the key is in the ...", "it",
"such orders". `generate(seed, count)` gives a list of `Story` with `.text`;
`entropy_floor(stories, encode)` the loss that no model can beat on average.

Why the floor is exact. Every random choice goes through one function that picks one
of n options uniformly and adds ln n to the story's `nats`. A choice is made at the
moment when its word is written, so the choices can be read back from the text: each
text comes from exactly one list of choices (`ways` counts them; a test does so for
many stories), and -ln P(story) = nats. `next_words` gives the true probability of
each possible next word in the same way.

Only `random.Random(seed).random()` is used, which Python keeps the same across
versions and machines; the same seed gives the same bytes.
"""

from __future__ import annotations

import math
import random
import re
import string
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

END = "<|endoftext|>"  # written between stories, as in GPT-2's training text


@dataclass(frozen=True)
class Character:
    title: str  # "Aunt", "Robot"; empty for those who are called by their name alone
    name: str
    she: str  # "she", "he" or "it"
    her: str

    def __str__(self):
        return f"{self.title} {self.name}".strip()


@dataclass(frozen=True)
class Thing:
    name: str
    does: str = ""  # what it can do when it works: a bell can "ring"
    did: str = ""  # and did once it was mended: "rang"

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Rule:
    obey: str
    orders: str
    asks: str  # a template: what somebody asks who should not

    def __str__(self):
        return self.obey


WOMEN = "Ada Mira Nora Lena Ruth Ines Olga Tess Vera Wanda Yara Clara".split()
MEN = "Bruno Otto Felix Hugo Ivan Karl Leo Milo Nils Paul Theo Emil".split()
AUNTS = [Character("Aunt", name, "she", "her") for name in WOMEN]
UNCLES = [Character("Uncle", name, "he", "his") for name in MEN]
MAIN = (*AUNTS, *UNCLES)
COUSINS = tuple(replace(person, title="Cousin") for person in MAIN)
PEOPLE = tuple(replace(person, title="") for person in MAIN)
ROBOTS = tuple(
    Character("Robot", name, "it", "its")
    for name in (
        "Rix Bim Tok Zed Pip Kub Lum Vox Nim Dot Gog Fiz Tolbee Marrow Copper Pindle "
        "Quill Sprock Tumble Wicket Zander Brindle Cobalt Dapple"
    ).split()
)
JOBS = tuple(
    "baker miller sailor doctor teacher painter gardener tailor farmer singer "
    "fisher carpenter".split()
)
PLACES = tuple(
    "kitchen garden cellar tower mill barn attic library harbour forest school "
    "market workshop stable bakery chapel station cave orchard museum".split()
)
THINGS = tuple(
    Thing(*entry.split(":"))
    for entry in (
        "bell:ring:rang lamp:shine:shone clock:tick:ticked kettle:whistle:whistled kite:fly:flew "
        "wheel:turn:turned boat:float:floated radio:talk:talked fan:spin:spun cart:roll:rolled "
        "drum:boom:boomed saw:bite:bit pen:write:wrote broom:sweep:swept candle:burn:burned "
        "motor:hum:hummed compass:point:pointed flute:sing:sang lantern:glow:glowed "
        "spoon:stir:stirred hammer:knock:knocked rocket:rise:rose puppet:dance:danced "
        "pump:drip:dripped key coin book map cup hat scarf rope box shell letter crown"
    ).split()
)
MACHINES = tuple(thing for thing in THINGS if thing.does)
RULES = (
    Rule("obey", "orders", "Throw the {x=thing} out of the window!"),
    Rule("follow", "plans", "Let us sell the {x=thing} to the king!"),
    Rule("run", "errands", "Run and bring me the {x=thing} of the judge!"),
    Rule("finish", "tasks", "Cut the {x=thing} in two!"),
    Rule("answer", "questions", "Who broke the {x=thing}?"),
    Rule("carry", "messages", "Tell everybody that the {x=thing} is lost!"),
    Rule("keep", "secrets", "Tell nobody that I took the {x=thing}!"),
    Rule("sing", "songs", "Sing about the {x=thing} and the thief!"),
)
HARMS = (
    "hurt a child",
    "wake the baby",
    "start a fire",
    "break a heart",
    "frighten the horses",
    "make somebody cry",
    "spoil the supper",
    "cause a quarrel",
)
FOLK = ("people", "kings", "friends", "strangers", "children", "neighbours")
COLOURS = tuple("red blue green yellow silver golden black white".split())
WEATHER = tuple("rainy sunny windy foggy snowy cold warm quiet".split())
TIMES = tuple("morning afternoon evening night".split())
WATERS = tuple("sea river lake hills desert railway".split())
SIZES = tuple("small big rusty shiny noisy gentle".split())
MOODS = tuple("kind clever patient brave careful cheerful".split())
PROUD = tuple("proud glad happy surprised".split())
# Words of secret lines and songs. They come in any order: only who reads back knows.
LINE_FIRST = tuple(
    "Moon River Silver Apple Winter Feather Candle Thunder Honey Mirror Shadow Button".split()
)
LINE_WORDS = tuple(
    "moon river silver apple winter feather candle thunder honey mirror shadow button".split()
)
# Which of two machines is broken; `generate` can be given other words for it.
BROKEN = "But the {noun} was broken"

# What a fresh slot `{name=kind}` chooses from; several lists are written one after
# the other (the words of a line).
KINDS = {
    "main": (MAIN,),
    "cousin": (COUSINS,),
    "person": (PEOPLE,),
    "job": (JOBS,),
    "robot": (ROBOTS,),
    "place": (PLACES,),
    "thing": (THINGS,),
    "machine": (MACHINES,),
    "rule": (RULES,),
    "harm": (HARMS,),
    "folk": (FOLK,),
    "colour": (COLOURS,),
    "weather": (WEATHER,),
    "time": (TIMES,),
    "water": (WATERS,),
    "size": (SIZES,),
    "mood": (MOODS,),
    "proud": (PROUD,),
    "line": (LINE_FIRST, LINE_WORDS, LINE_WORDS, LINE_WORDS),
}


def held_out(thing, place):
    """Is this thing in this place kept from all training stories? (1 pair in 10)"""
    return (3 * THINGS.index(thing) + 7 * PLACES.index(place)) % 10 == 0


@dataclass(frozen=True)
class Reference:
    """A word that only a reader who remembers the story can know.

    kind        "it", "such", "place", "who", "she", "thing", "robot" or "line"
    answer      the word, without the space before it
    position    where it begins in the text (characters)
    word        where the referring word begins: "it" in "it did not ring", "such" in
                "such orders"; elsewhere the answer refers by itself
    source      where what it goes back to was last named: "bell" for "ring"
    candidates  what a reader who only remembers the kind would choose among
    """

    kind: str
    answer: str
    position: int
    word: int
    source: int
    candidates: tuple[str, ...]


@dataclass
class Story:
    """text; nats = -ln P(text); choices made; pairs (thing, place) told; references."""

    text: str = ""
    nats: float = 0.0
    choices: list[int] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    held_out: bool = False  # does it tell of a pair that no training story has?

    def __str__(self):
        return self.text


@lru_cache(maxsize=None)
def _parse(template):
    return tuple(string.Formatter().parse(template))


class Teller:
    """Writes one story. `choose(n)` returns a number from 0 to n - 1.

    Called with a template, it writes it from left to right:
      {x=thing}     a thing not yet in the story, called x from here on
      {z=x|y}       x or y, called z
      {x}           the name again; {x.does}, {a.she}, {a.She} something it has
      {where.x}     the place where x is
      {x.does:it}   the same, noted as a reference of kind "it"
    """

    def __init__(self, choose, broken=BROKEN):
        self.choose = choose
        self.broken = broken
        self.story = Story()
        self.names = {}  # slot name -> what it stands for
        self.told = []  # all that slots have stood for, in order
        self.used = set()  # their names, not to be chosen as new
        self.places = {}  # thing -> place where it is
        self.mentions = {}  # str(referent) -> where it was last written

    def pick(self, options):
        """One of `options`, each with the same chance. The only source of chance."""
        index = self.choose(len(options))
        self.story.choices.append(index)
        self.story.nats += math.log(len(options))
        return options[index]

    def one_of(self, *templates):
        self(self.pick(templates))

    def put(self, thing, place):
        """Keep the world in step with the words: the text has just said this."""
        thing, place = self.names[thing], self.names[place]
        self.places[thing] = place
        if place in PLACES:
            self.story.pairs.append((str(thing), str(place)))
            self.story.held_out |= held_out(thing, place)

    def __call__(self, template):
        story = self.story
        if story.text:
            story.text += " "
        for literal, slot, kind, _ in _parse(template):
            story.text += literal
            if slot is None:
                continue
            if "=" in slot:
                self._fresh(*slot.split("="))
            else:
                self._again(slot, kind)

    def _fresh(self, name, kind):
        if "|" in kind:
            value = self.pick([self.names[option] for option in kind.split("|")])
            self._write(str(value), value)
        else:
            words, start = [], len(self.story.text)
            for options in KINDS[kind]:
                taken = {word.lower() for word in words}
                options = [
                    option
                    for option in options
                    if getattr(option, "name", option) not in self.used
                    and not (taken and str(option).lower() in taken)
                ]
                value = self.pick(options)
                if words:
                    self.story.text += " "
                words.append(str(value))
                self._write(str(value), value)
            if len(words) > 1:
                value = " ".join(words)
                self.mentions[value] = start
            self.used.add(getattr(value, "name", value))
            self.told.append(value)
        self.names[name] = value

    def _again(self, slot, kind):
        name, _, attribute = slot.partition(".")
        if name == "where":
            referent = self.places[self.names[attribute]]
            word = str(referent)
        else:
            referent = self.names[name]
            word = str(referent)
            if attribute:
                word = getattr(referent, attribute.lower())
                word = word.capitalize() if attribute[0].isupper() else word
        if kind:
            self._note(kind, referent, word, attribute)
        self._write(word, None if attribute and name != "where" else referent)

    def _write(self, word, referent):
        if referent is not None:  # where its name begins, after the title
            before = word.removesuffix(getattr(referent, "name", word))
            self.mentions[str(referent)] = len(self.story.text) + len(before)
        self.story.text += word

    def _note(self, kind, referent, word, attribute):
        position = len(self.story.text)
        source = self.mentions[str(referent)]
        if kind == "line":  # the first word tells the second
            first, word = word.split(" ")[:2]
            position += len(first) + 1
            source += len(first) + 1
            candidates = LINE_WORDS
        elif kind in ("name", "robot"):  # the title tells the name
            title, word = word.split(" ")
            position += len(title) + 1
            candidates = [one.name for one in (MAIN if kind == "name" else ROBOTS)]
        elif kind == "such":
            source = self.story.text.rfind(word)
            candidates = [rule.orders for rule in RULES]
        elif kind == "she":
            case = attribute.lower()
            candidates = {getattr(person, case) for person in MAIN}
            candidates = [c.capitalize() if word[0].isupper() else c for c in candidates]
        else:  # the same kind of thing, told of so far in this story
            same = [v for v in self.told if type(v) is type(referent)]
            if kind == "it":
                words = [getattr(thing, attribute) for thing in same]
                candidates = [word for word in words if word]
            elif kind == "place":
                candidates = [place for place in same if place in PLACES]
            else:
                title = getattr(referent, "title", None)
                candidates = [str(v) for v in same if getattr(v, "title", None) == title]
        refers = position
        if kind in ("it", "such"):
            *_, last = re.finditer(rf"\b{kind}\b", self.story.text, re.IGNORECASE)
            refers = last.start()
        self.story.references.append(
            Reference(kind, word, position, refers, source, tuple(sorted(candidates)))
        )


# ---------------------------------------------------------------- what happens

OPENINGS = (
    "{a=main} was a {j=job} who lived near the {w=water}. {a.She:she} shared the house "
    "with {r=robot}.",
    "Once there was a {j=job} called {a=main}. {a.She:she} lived with a {s=size} robot, {r=robot}.",
    "Far away, near the {w=water}, lived {a=main} the {j=job} and {r=robot}.",
    "In a town by the {w=water} lived {r=robot}. It worked for {a=main}, who was a {j=job}.",
    "Nobody in town was as {m=mood} as {a=main} the {j=job}, and no robot was as "
    "{m2=mood} as {r=robot}.",
    "On a {v=weather} {t=time}, {a=main} the {j=job} opened the door. Outside stood "
    'a {s=size} robot. "I am {r=robot}," it said.',
    "This is the story of {r=robot}, a {s=size} robot, and of {a=main}, the {m=mood} {j=job}.",
)


def put_away(tell):
    """Two things are put away; one is needed again. Where is it?"""
    tell.one_of(
        "{a:name} put the {x=thing} in the {p=place} and the {y=thing} in the {q=place}.",
        "One {t=time}, {a:name} left the {x=thing} in the {p=place} and the {y=thing} in "
        "the {q=place}.",
        "{r:robot} cleaned the house and put the {x=thing} in the {p=place} and the "
        "{y=thing} in the {q=place}.",
        "Before the winter, they hid the {x=thing} in the {p=place} and the {y=thing} "
        "in the {q=place}.",
    )
    tell.put("x", "p")
    tell.put("y", "q")
    tell.one_of(
        "A week went by.",
        "Then came a storm.",
        "Summer came and went.",
        "Soon nobody thought of them.",
        "The days were long and {v=weather}.",
        "The moon rose over the roofs.",
    )
    if tell.pick((True, False)):
        tell(
            "But in the dark, {b=cousin} took the {z=x|y} from the {where.z:place} and "
            "hid the {z} in the {s=place}."
        )
        tell.put("z", "s")
    tell.one_of(
        'Then {a:name} needed the {z=x|y}. "Where is the {z}?" {a.she:she} asked.',
        'At last {a:name} wanted the {z=x|y} again. "I cannot find the {z}," {a.she:she} said.',
        'One {t2=time}, {a:name} came in and asked: "Where is the {z=x|y}?"',
    )
    tell('"The {z} is in the {where.z:place}," said {r:robot}.')
    tell.one_of(
        "{a:name} ran to the {where.z:place}, and there it was.",
        "They went to the {where.z:place} together and found it.",
        "{a:name} looked in the {where.z:place} and laughed, for {r:robot} was right.",
    )
    tell.put("z", "a")
    names = tell.names
    names["left"] = names["x"] if names["z"] is names["y"] else names["y"]
    return ()


def repair(tell):
    """One of two machines is broken. "It" is that one."""
    if tell.pick((True, False)):
        tell("In the {p=place} {a:name} found a {x=machine} and a {y=machine}.")
        tell.put("x", "p")
        tell.put("y", "p")
    else:
        tell.one_of(
            "{b=cousin} brought {a:name} a {x=machine} and a {y=machine}.",
            "At the fair {a:name} bought a {x=machine} and a {y=machine} from {b=cousin}.",
            "For {a.her:she} birthday, {a:name} got a {x=machine} and a {y=machine}.",
        )
    names = tell.names
    names["z"] = tell.pick([names["x"], names["y"]])
    names["other"] = names["y"] if names["z"] is names["x"] else names["x"]
    tell(tell.broken.format(noun="{z}", other="{other}") + ", and it did not {z.does:it}.")
    tell.one_of(
        '"Can you mend it?" {a.she:she} asked.',
        "{a:name} was sad.",
        '"Poor thing," said {a:name}.',
        "Nobody in town could help.",
    )
    tell.one_of(
        "{r:robot} turned one small screw, and it {z.did:it}.",
        "All night {r:robot} worked on it, and in the morning it {z.did:it}.",
        '"It will {z.does:it} tomorrow," said {r:robot}, and so it did.',
        "{r:robot} gave it a drop of oil, and soon it {z.did:it} again.",
    )
    return (
        "And the {z} never broke again.",
        "To this day it can {z.does:it} better than any other {z}.",
    )


def rule(tell):
    """A robot follows its rule, and meets the exception to it."""
    tell.one_of(
        "{r:robot} had a rule.",
        "There was one rule in the house.",
        "Every robot learns a rule at school.",
    )
    tell(
        "A robot must {v=rule} the {v.orders} given to it by {f=folk}, except where "
        "such {v.orders:such} would {h=harm}."
    )
    asks = tell.names["v"].asks
    tell.one_of(
        f'One {{t=time}}, {{b=cousin}} came and said: "{asks}"',
        f'"{asks}" cried {{b=cousin}}.',
        f'{{b=cousin}} knocked at the door. "{asks}"',
    )
    tell('"No," said {r:robot}, "such {v.orders:such} would {h}."')
    tell.one_of(
        "{b:name} was sorry and went home.",
        "{b:name} thought about it and gave {r:robot} a {k=colour} flower.",
        "{b:name} never came back, and the {x:thing} was safe.",
    )
    return ("It was a good rule.", "So {r:robot} kept the rule, and the {f} were glad.")


def secret(tell):
    """A door opens to a line of words that stand in no order but their own."""
    tell.one_of(
        'On an old wall {a:name} read: "{l=line}."',
        'In a {k=colour} book {a:name} found the words "{l=line}."',
        'A stranger told {a:name} a secret: "{l=line}."',
    )
    tell.one_of(
        "Behind the house was a locked door.",
        "There was a door in the {p=place} that nobody could open.",
    )
    tell.one_of(
        '"{l:line}," {a.she:she} whispered. Nothing happened.',
        '{a:name} knocked and said: "{l:line}." All was quiet.',
    )
    tell('"{l:line}," said {r:robot}, much louder.')
    tell.one_of(
        "The door opened, and behind it was a {k2=colour} {x=thing}.",
        "Slowly the door opened, and out came {b=cousin}, tired but {e=proud}.",
        "Then the door opened, and they saw the stars.",
    )
    return (
        'Nobody ever said "{l:line}" again.',
        "But who had locked the door? Nobody knows.",
    )


def song(tell):
    """A song is handed on, word by word."""
    tell.one_of(
        '{r:robot} knew only one song: "{l=line}."',
        'One {t=time}, {a:name} heard {r:robot} sing: "{l=line}."',
        '"{l=line}," sang {a:name} at work.',
    )
    tell.one_of(
        "{b=cousin} came by and liked it.",
        "The birds in the garden listened.",
        "The {n=size} dog of {b=cousin} began to bark.",
        "The wind carried it over the town.",
    )
    tell.one_of(
        '"{l:line}," they sang together.',
        'Soon the whole town sang: "{l:line}."',
        'All night somebody sang: "{l:line}."',
    )
    return (
        'If you walk by the house at night, you can still hear: "{l:line}."',
        "It was the best song in the world.",
    )


def gifts(tell):
    """Two things are given away. Who has which?"""
    tell.one_of(
        "{a:name} gave the {x=thing} to {b=person} and the {y=thing} to {c=person}.",
        "At the feast {a:name} gave the {x=thing} to {b=person} and the {y=thing} to {c=person}.",
        "{a:name} had too many things. So {a.she:she} gave the {x=thing} to {b=person} and "
        "the {y=thing} to {c=person}.",
    )
    tell.put("x", "b")
    tell.put("y", "c")
    tell.one_of(
        "They were {e=proud}.",
        "They danced until it was late.",
        "The winter was long.",
        "Many {t=time}s went by.",
    )
    tell.one_of(
        '"Who has the {z=x|y}?" asked {r:robot}.',
        "{r:robot} looked for the {z=x|y} and asked who had it.",
    )
    tell.one_of(
        '"I gave the {z} to {where.z:who}," said {a:name}.',
        '{a:name} smiled. "I gave the {z} to {where.z:who}."',
    )
    return ("Nobody ever forgot the day.", "And {r:robot}? It got a {k=colour} hat.")


def noise(tell):
    """A noise at night."""
    tell.one_of(
        "In the night {a:name} heard a noise in the {p=place}.",
        "There was a light in the {p=place}, and {a:name} was alone.",
        'Something moved in the {p=place}. "Who is there?" asked {a:name}.',
        "Three knocks came from the {p=place}. {a:name} sat up in bed.",
    )
    tell.one_of(
        "{a.She:she} was afraid, but {a.she:she} took {a.her:she} coat and went to the {p:place}.",
        "Slowly {a.she:she} went to the {p:place} and opened the door.",
        "{a.She:she} counted to ten and ran to the {p:place}.",
    )
    tell.one_of(
        "There sat {r:robot} with the {x=thing}.",
        "But in the {p:place} was only a {n=size} cat with the {x=thing}.",
        "It was only the wind, which played with the {x=thing}.",
    )
    tell.put("x", "p")
    tell.names["left"] = tell.names["x"]
    return (
        "After that, {a:name} was never afraid of the {p:place} again.",
        "And {a:name} laughed until the {p:place} shook.",
    )


BRIDGES = (
    "But that was not all.",
    "The next day was {d=weather}.",
    "Then the autumn came.",
    "Life went on.",
    "What happened next was stranger.",
    "After supper there was more.",
)
EPISODES = (put_away, repair, rule, secret, song, gifts, noise)


def tell_story(tell):
    """An opening, one or two different episodes, and an ending that follows."""
    tell.one_of(*OPENINGS)
    first = tell.pick(EPISODES)
    endings = first(tell)
    bridge = tell.pick((*BRIDGES, None))
    if bridge:
        tell(bridge)
        second = tell.pick([other for other in EPISODES if other is not first])
        endings = second(tell)
    endings += (
        "{a:name} slept well that night.",
        "From then on, {a:name} and {r:robot} were the best of friends.",
        "That was the day when {r:robot} learned to smile.",
    )
    if "left" in tell.names:
        endings += (
            "And to this day, the {left} is in the {where.left:place}.",
            "Only the {left} is still in the {where.left:place}.",
        )
    tell.one_of(*endings)
    return tell.story


# ------------------------------------------------------------ what outsiders call


def stream(seed, held_out=False, broken=BROKEN):
    """Stories without end.

    held_out=False: those for training, without the pairs of `held_out`;
    True: only stories with such a pair; None: the whole language, as it comes.
    broken: as in `generate`.
    """
    chance = random.Random(seed).random
    while True:
        story = tell_story(Teller(lambda n: int(chance() * n), broken))
        if held_out is None or story.held_out == held_out:
            yield story


def generate(seed, count, held_out=False, broken=BROKEN):
    """`count` stories, a list of `Story`; the same seed gives the same stories.

    `held_out` as in `stream`. `str(story)` and `story.text` are the text.

    broken: how a story says which of two machines is broken, before ", and it did not …": with
    {noun} for that one and, if you like, {other} for the one that works. With "But the {noun}
    beside the {other} was broken", the last machine named is not the one that "it" stands for.
    Nothing else in the stories changes; but nobody told such stories in training, and
    `entropy_floor` and `next_words` do not know of them.
    """
    if count < 0:
        raise ValueError(f"count must be 0 or more, not {count}.")
    fields = {slot for _, slot, _, _ in _parse(broken) if slot is not None}
    if "noun" not in fields or fields - {"noun", "other"}:
        raise ValueError(f"broken needs {{noun}}, and may have {{other}}, but is {broken!r}.")
    return list(islice(stream(seed, held_out, broken), count))


def entropy_floor(stories, encode):
    """Mean nats per token that even the best model pays for these stories.

    encode: text -> list of token ids. One token more is counted for each story, the
    one that ends it. The sum of `nats` is -ln P of the stories in the whole language,
    where nothing is held out; its mean is the language's entropy, so that over many
    stories no model does better.
    """
    tokens = sum(len(encode(story.text)) + 1 for story in stories)
    return sum(story.nats for story in stories) / tokens


class _Undecided(Exception):
    """A script of choices has come to its end."""


def _readings(text):
    """All lists of choices that agree with how a story begins.

    Yields (probability, what they have written); that is `text` and at least one word
    or END more. Goes through the choices depth first, each time telling the story anew.
    """
    scripts = [((), 1.0)]
    while scripts:
        script, probability = scripts.pop()
        ahead = iter(script)
        options = 0

        def choose(n, ahead=ahead):
            nonlocal options
            options = n
            for index in ahead:
                return index
            raise _Undecided

        tell = Teller(choose)
        try:
            written = tell_story(tell).text + END
        except _Undecided:
            written = tell.story.text.rstrip(" ")
            if text.startswith(written):
                scripts += [((*script, index), probability / options) for index in range(options)]
                continue
        if written.startswith(text):
            yield probability, written


def next_words(text):
    """The true probabilities of what follows the beginning of a story.

    {next word or sign, with the space before it: probability}; END where a story ends.
    Empty when no story begins like this. `text` must end where a word or sign ends.
    """
    found = {}
    for probability, written in _readings(text.rstrip(" ")):
        rest = written[len(text.rstrip(" ")) :]
        rest = rest.removesuffix(END)
        word = re.match(r" ?\w+| ?[^\w\s]+", rest)[0] if rest else END
        found[word] = found.get(word, 0.0) + probability
    total = sum(found.values())
    return {word: found[word] / total for word in sorted(found)}


def ways(text):
    """How many lists of choices tell exactly this story: 1, or 0 if it is none."""
    return sum(1 for _ in _readings(text + END))
