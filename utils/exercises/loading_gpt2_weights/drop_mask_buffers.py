"""Throw the causal masks away, and nothing else."""

from utils.exercises import Case, Exercise


def drop_mask_buffers(names):
    masks = (".attn.bias", ".attn.masked_bias")
    return [name for name in names if not name.endswith(masks)]


def cases(rng):
    yield Case(
        "one block as on the hub",
        (
            [
                "h.0.attn.bias",
                "h.0.attn.c_attn.bias",
                "h.0.attn.c_attn.weight",
                "h.0.attn.c_proj.bias",
                "h.0.attn.c_proj.weight",
                "h.0.ln_1.bias",
                "h.0.mlp.c_fc.bias",
            ],
        ),
    )
    yield Case("two digits", (["h.11.attn.bias", "h.10.attn.bias", "h.11.attn.c_attn.bias"],))
    yield Case(
        "older files: masked_bias", (["h.0.attn.masked_bias", "h.0.attn.bias", "h.0.ln_1.weight"],)
    )
    yield Case(
        "with a prefix", (["transformer.h.2.attn.bias", "transformer.h.2.attn.c_attn.bias"],)
    )
    yield Case("no masks", (["wte.weight", "ln_f.bias", "h.5.attn.c_proj.bias"],))
    yield Case("nothing but a mask", (["h.3.attn.bias"],))
    layer = int(rng.integers(2, 10))
    yield Case(
        "drawn",
        (
            [
                f"h.{layer}.attn.bias",
                f"h.{layer}.attn.c_attn.bias",
                f"h.{layer}.attn.masked_bias",
                "wpe.weight",
            ],
        ),
    )


def endswith_trap(names):
    """Look at what became of `h.0.attn.c_attn.bias`: it ends with `attn.bias`, too, and it is a
    learned bias.
    """
    return [name for name in names if not name.endswith(("attn.bias", "attn.masked_bias"))]


def anywhere(names):
    """Two things: `attn.bias` stands in `h.0.attn.c_attn.bias`, too, a learned bias, which must
    stay; and `masked_bias` goes.
    """
    return [name for name in names if "attn.bias" not in name]


def all_biases(names):
    """Nearly every `bias` is learned. Only the one that belongs to `attn` itself is a mask."""
    return [name for name in names if not name.endswith("bias")]


def all_of_attention(names):
    """`attn.c_attn.bias` and `attn.c_proj.bias` are learned and must stay."""
    return [name for name in names if not (".attn." in name and name.endswith("bias"))]


def no_masked_bias(names):
    """Older files have a second buffer, `attn.masked_bias`: -10,000, the number that hides a score.
    It goes, too.
    """
    return [name for name in names if not name.endswith(".attn.bias")]


def without_prefix(names):
    """With `transformer.` in front a mask is still a mask."""
    return [
        name
        for name in names
        if name not in {f"h.{i}.attn.{mask}" for i in range(48) for mask in ("bias", "masked_bias")}
    ]


def only_the_masks(names):
    """You return the masks. Return all the others."""
    return [name for name in names if name not in drop_mask_buffers(names)]


EXERCISE = Exercise(
    drop_mask_buffers,
    cases,
    mistakes=(
        endswith_trap,
        anywhere,
        all_biases,
        all_of_attention,
        no_masked_bias,
        without_prefix,
        only_the_masks,
    ),
    hints=(
        "Compare `h.0.attn.bias`, a mask, with `h.0.attn.c_attn.bias`, which was "
        "learned. What stands right before `attn` in each?",
        "A dot in front makes the difference between `attn.bias` and `c_attn.bias`.",
        "`endswith` takes a tuple of endings.",
    ),
    points=1,
    minutes=5,
    post="You've Made it!",
)
