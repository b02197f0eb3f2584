"""Each name of the file, and its place in your model."""

from utils.exercises import Case, Exercise


def weight_names(names):
    places = {}
    for name in names:
        layer, own = None, name.removeprefix("transformer.")
        if own == "lm_head.weight":
            own = "wte.weight"
        if own.startswith("h."):
            _, number, own = own.split(".", 2)
            layer = int(number)
        places[name] = (layer, own)
    return places


def cases(rng):
    yield Case("outside the blocks", (["wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias"],))
    yield Case("in a block", (["h.0.ln_1.weight", "h.3.attn.c_attn.weight"],))
    yield Case("h.1, h.10 and h.11", (["h.1.ln_2.bias", "h.10.ln_2.bias", "h.11.ln_2.bias"],))
    yield Case(
        "as transformers saves it",
        (["transformer.wte.weight", "transformer.h.2.mlp.c_fc.bias", "transformer.ln_f.bias"],),
    )
    yield Case("with the logits' matrix", (["transformer.wte.weight", "lm_head.weight"],))
    yield Case(
        "a name that GPT-2 does not have",
        (["score.weight", "transformer.norm.bias", "head.weight"],),
    )
    yield Case(
        "names that only look like GPT-2's",
        (["branch.0.weight", "hidden.0.weight", "lm_head.bias", "score.transformer.bias"],),
    )
    yield Case("no names", ([],))
    layer = int(rng.integers(12, 48))
    yield Case(
        "drawn", ([f"h.{layer}.mlp.c_proj.weight", f"transformer.h.{layer + 1}.attn.c_proj.bias"],)
    )


def prefix_stays(names):
    """Names that begin with `transformer.` are the same names with a prefix: take it off first."""
    return {
        name: weight_names([name])[name] if not name.startswith("transformer.") else (None, name)
        for name in names
    }


def prefix_outside_stays(names):
    """Outside the blocks, too, a name may begin with `transformer.`, and `lm_head.weight` is wte:
    look at what you return there.
    """
    return {
        name: (layer, own if layer is not None else name)
        for name, (layer, own) in weight_names(names).items()
    }


def layer_as_text(names):
    """The layer is a number: 3, not "3"."""
    return {
        name: (layer if layer is None else str(layer), own)
        for name, (layer, own) in weight_names(names).items()
    }


def one_digit(names):
    """Layers from 10 on have two digits. Split at the dots, do not count characters."""
    places = {}
    for name, (layer, own) in weight_names(names).items():
        bare = name.removeprefix("transformer.")
        places[name] = (int(bare[2]), bare[4:]) if layer is not None else (None, own)
    return places


def lm_head_apart(names):
    """`lm_head.weight` has no place of its own: it is wte once more (weight tying)."""
    return {
        name: (layer, "lm_head.weight" if name == "lm_head.weight" else own)
        for name, (layer, own) in weight_names(names).items()
    }


def number_stays(names):
    """Inside block 3 your model says `attn.c_attn.weight`, without `h.3.`."""
    return {
        name: (layer, own if layer is None else f"h.{layer}.{own}")
        for name, (layer, own) in weight_names(names).items()
    }


def zero_outside(names):
    """What belongs to no block has the layer None; 0 is the first block."""
    return {
        name: (0 if layer is None else layer, own)
        for name, (layer, own) in weight_names(names).items()
    }


def last_two(names):
    """You kept the last two parts of the name only. `attn.c_proj.weight` and `mlp.c_proj.weight`
    need all three, or they are the same.
    """
    return {
        name: (layer, ".".join(own.split(".")[-2:]))
        for name, (layer, own) in weight_names(names).items()
    }


def strips_letters(names):
    """`lstrip("transformer.")` takes off any of these letters, one by one, and eats into names
    that begin with one. `removeprefix` takes off the word.
    """
    places = {}
    for name in names:
        bare = name.lstrip("transformer.")  # noqa: B005  the mistake itself
        places[name] = weight_names([bare])[bare]
    return places


def begins_with_an_h(names):
    """`head.weight` begins with an h, too, and is in no block. Ask for `h.`, with the dot."""
    places = {}
    for name in names:
        own = name.removeprefix("transformer.")
        if own.startswith("h"):
            parts = own.split(".")
            places[name] = (int(parts[1]), ".".join(parts[2:]))
        else:
            places |= weight_names([name])
    return places


def begins_with_an_h_and_split(names):
    """`head.weight` begins with an h, too, and is in no block. Ask for `h.`, with the dot."""
    places = {}
    for name in names:
        own = name.removeprefix("transformer.")
        if own.startswith("h"):
            _, number, own = own.split(".", 2)
            places[name] = (int(number), own)
        else:
            places |= weight_names([name])
    return places


def _found(names, front=str.removeprefix, head=None, block=lambda own: own.startswith("h.")):
    places = {}
    for name in names:
        own = front(name, "transformer.")
        own = head(own) if head else "wte.weight" if own == "lm_head.weight" else own
        _, number, rest = own.split(".", 2) if block(own) else ("", "", own)
        places[name] = (int(number) if number else None, rest)
    return places


def _out_of_the_middle(name, word):
    return name.replace(word, "")


def h_anywhere(names):
    """`branch.0.weight` has `h.` in it, too, and is in no block. Look whether the name *begins*
    with it, the prefix taken off.
    """
    return _found(names, block=lambda own: "h." in own)


def a_number_in_second_place(names):
    """`hidden.0.weight` has a number in second place, too, and is in no block. Ask for `h.` in
    front of it.
    """
    return _found(names, block=lambda own: own.split(".")[1].isdigit())


def replaces_anywhere(names):
    """You take `transformer.` out of the middle of a name, too: look at `score.transformer.bias`.
    `removeprefix` takes it off the beginning only.
    """
    return _found(names, front=_out_of_the_middle)


def every_lm_head(names):
    """Only `lm_head.weight` is wte. Leave `lm_head.bias` as it is: GPT-2 does not have it, and that
    must not be hidden.
    """
    return _found(names, head=lambda own: own.replace("lm_head", "wte"))


def every_lm_head_is_a_weight(names):
    """Only `lm_head.weight` is wte. Leave `lm_head.bias` as it is: GPT-2 does not have it, and that
    must not be hidden.
    """
    return _found(names, head=lambda own: "wte.weight" if "lm_head" in own else own)


def replaces_both(names):
    """Two things: only `lm_head.weight` is wte, and `lm_head.bias` is not; and in the middle of
    `score.transformer.bias` the word is no prefix, so `removeprefix` leaves it there.
    """
    return _found(names, _out_of_the_middle, lambda own: own.replace("lm_head", "wte"))


EXERCISE = Exercise(
    weight_names,
    cases,
    mistakes=(
        prefix_stays,
        prefix_outside_stays,
        layer_as_text,
        one_digit,
        lm_head_apart,
        number_stays,
        zero_outside,
        last_two,
        strips_letters,
        begins_with_an_h,
        begins_with_an_h_and_split,
        h_anywhere,
        a_number_in_second_place,
        replaces_anywhere,
        every_lm_head,
        every_lm_head_is_a_weight,
        replaces_both,
    ),
    hints=(
        '`name.removeprefix("transformer.")` does nothing where there is no prefix.',
        '`"h.11.attn.c_attn.weight".split(".", 2)` gives three pieces.',
        "Begin with layer None; change it where the name begins with `h.`.",
    ),
    points=2,
    minutes=10,
    post="You've Made it!",
)
