"""What BERT sees of a text, and what it must answer: 15 % of the tokens chosen, most of them
hidden.
"""

import torch

from utils.exercises import Case, Exercise


def masked_language_model_view(ids, u, v, random_ids, mask_id):
    chosen = u < 0.15  # (B, T)
    labels = torch.where(chosen, ids, -100)  # (B, T)
    hidden = chosen & (v < 0.8)
    swapped = chosen & (v >= 0.8) & (v < 0.9)
    inputs = torch.where(hidden, mask_id, ids)
    inputs = torch.where(swapped, random_ids, inputs)
    return inputs, labels


def cases(rng):
    ids = torch.tensor([[11, 12, 13, 14, 15]])
    others = torch.tensor([[21, 22, 23, 24, 25]])
    low, high = torch.full((1, 5), 0.01), torch.full((1, 5), 0.99)
    yield Case("nothing chosen", (ids, high, low, others, 99))
    yield Case("all chosen and hidden", (ids, low, low, others, 99))
    yield Case(
        "all chosen, each of the three ways",
        (ids, low, torch.tensor([[0.1, 0.85, 0.95, 0.7, 0.88]]), others, 99),
    )
    yield Case(
        "u and v exactly on the borders",
        (
            ids,
            torch.tensor([[0.15, 0.0, 0.0, 0.15, 0.0]], dtype=torch.float64),  # as Python has 0.15
            torch.tensor([[0.0, 0.8, 0.9, 0.9, 0.0]], dtype=torch.float64),
            others,
            99,
        ),
    )
    with_masks = torch.tensor([[99, 12, 99, 99, 15]])
    yield Case(
        "a text in which mask_id stands already",
        (with_masks, low, torch.tensor([[0.85, 0.85, 0.95, 0.1, 0.1]]), others, 99),
    )
    yield Case("one token", (ids[:, :1], low[:, :1], high[:, :1], others[:, :1], 99))
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
    u, v = torch.rand(2, 4, 30, generator=generator)
    drawn = torch.randint(50, (2, 4, 30), generator=generator)
    yield Case("four rows drawn at random", (drawn[0], u * 0.4, v, drawn[1] + 50, 500))


def labels_everywhere(ids, u, v, random_ids, mask_id):
    """Every position has a label, so most of the task is to copy what can be seen. Where nothing
    was chosen the label is -100: it does not count.
    """
    return masked_language_model_view(ids, u, v, random_ids, mask_id)[0], ids


def labels_of_the_others(ids, u, v, random_ids, mask_id):
    """Your labels are the opposite of what is asked: the chosen tokens have labels, and all others
    -100.
    """
    inputs, _ = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, -100, ids)


def labels_too_late(ids, u, v, random_ids, mask_id):
    """Your labels hold what the model sees, [MASK] among it. They must hold the tokens that really
    stood there: take them from ids, not from the changed inputs.
    """
    inputs, _ = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, inputs, -100)


def always_hidden(ids, u, v, random_ids, mask_id):
    """Every chosen token becomes [MASK]. Only those with v below 0.8 do; look at v for the
    others.
    """
    return masked_language_model_view(ids, u, 0 * v, random_ids, mask_id)


def hides_what_was_not_chosen(ids, u, v, random_ids, mask_id):
    """Tokens that were not chosen are changed too. v says what happens to a token only if u has
    chosen it.
    """
    inputs, _ = masked_language_model_view(ids, 0 * u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, ids, -100)


def swaps_the_last_tenth(ids, u, v, random_ids, mask_id):
    """The two tenths are exchanged: v from 0.8 up to 0.9 puts another token there, from 0.9 on the
    token stays.
    """
    last = torch.where(v < 0.8, v, torch.where(v < 0.9, 0.95, 0.85))
    return masked_language_model_view(ids, u, last, random_ids, mask_id)


def no_label_where_unchanged(ids, u, v, random_ids, mask_id):
    """A chosen token that stays as it is needs its label as well: the model cannot know which
    tokens it may trust.
    """
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(v < 0.9, labels, -100)


def border_is_chosen(ids, u, v, random_ids, mask_id):
    """At u exactly 0.15 you choose the token: it is chosen where u is *below* 0.15."""
    return masked_language_model_view(ids, torch.where(u <= 0.15, 0.0, 1.0), v, random_ids, mask_id)


def border_of_v(ids, u, v, random_ids, mask_id):
    """At v exactly 0.8 the token is not replaced: the second way reaches from 0.8, 0.8 included, up
    to 0.9.
    """
    return masked_language_model_view(ids, u, torch.where(v == 0.8, 0.95, v), random_ids, mask_id)


def both_borders_of_v(ids, u, v, random_ids, mask_id):
    """At v exactly 0.8 you hide the token, and at exactly 0.9 you exchange it. Each of these ways
    ends *below* its border: `v < 0.8`, `v < 0.9`.
    """
    moved = torch.where(v == 0.8, 0.7, torch.where(v == 0.9, 0.85, v))
    return masked_language_model_view(ids, u, moved, random_ids, mask_id)


def nothing_stays(ids, u, v, random_ids, mask_id):
    """From v = 0.8 on, every chosen token becomes a random one. Those with v of 0.9 and more stay
    as they are.
    """
    return masked_language_model_view(ids, u, v.clamp(max=0.85), random_ids, mask_id)


def zero_for_no_label(ids, u, v, random_ids, mask_id):
    """Where nothing is asked, your label is 0. But 0 is a token like any other: -100 is what does
    not count.
    """
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, labels, 0)


def u_and_v_exchanged(ids, u, v, random_ids, mask_id):
    """You exchanged u and v: u says whether a token is chosen, v what then becomes of it."""
    return masked_language_model_view(ids, v, u, random_ids, mask_id)


def only_hidden_asked(ids, u, v, random_ids, mask_id):
    """Only the hidden tokens have labels. All chosen ones need one, including the exchanged and the
    unchanged.
    """
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(v < 0.8, labels, -100)


def second_overwrites(ids, u, v, random_ids, mask_id):
    """Your second replacement overwrites the first: it must begin at v = 0.8."""
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return torch.where((u < 0.15) & (v < 0.9), random_ids, inputs), labels


def labels_first(ids, u, v, random_ids, mask_id):
    """The two results are exchanged: first the inputs, then the labels."""
    return masked_language_model_view(ids, u, v, random_ids, mask_id)[::-1]


def sees_only_the_chosen(ids, u, v, random_ids, mask_id):
    """Where nothing was chosen, the model must see the text as it is. -100 belongs in the labels
    only.
    """
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return torch.where(u < 0.15, inputs, -100), labels


def hidden_by_value(ids, u, v, random_ids, mask_id):
    """You take every `mask_id` for a place that you have hidden. It can stand in the text as well:
    ask v, from 0.8 up to 0.9.
    """
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return torch.where(ids == mask_id, ids, inputs), labels


EXERCISE = Exercise(
    masked_language_model_view,
    cases,
    mistakes=(
        labels_everywhere,
        labels_of_the_others,
        labels_too_late,
        always_hidden,
        hides_what_was_not_chosen,
        swaps_the_last_tenth,
        no_label_where_unchanged,
        border_is_chosen,
        border_of_v,
        both_borders_of_v,
        nothing_stays,
        zero_for_no_label,
        u_and_v_exchanged,
        only_hidden_asked,
        second_overwrites,
        labels_first,
        sees_only_the_chosen,
        hidden_by_value,
    ),
    hints=(
        "Three tables of True and False of shape (B, T): who is chosen, who of them is "
        "hidden, who of them gets another token.",
        "`torch.where(table, a, b)` takes a where the table is True and b elsewhere; a "
        "and b may be numbers.",
        "`labels = torch.where(chosen, ids, -100)`; for the inputs, one `torch.where` "
        "with `mask_id` and then one with `random_ids`.",
    ),
    points=2,
    minutes=16,
    difficulty="medium",
    post="One Difference From BERT",
    core=False,
)
