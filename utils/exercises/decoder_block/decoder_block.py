"""One whole block: two side paths, each added to the stream."""

from utils.exercises import Exercise
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.mlp import mlp
from utils.exercises.decoder_block.shared import block_cases
from utils.exercises.masked_self_attention.multi_head_attention import multi_head_attention


def decoder_block(x, block, n_head):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])
    x = x + multi_head_attention(
        y,
        block["attn.c_attn.weight"],
        block["attn.c_attn.bias"],
        block["attn.c_proj.weight"],
        block["attn.c_proj.bias"],
        n_head,
    )
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"])
    return x + mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


def block_norm(x, block, name):
    return layer_norm(x, block[f"{name}.weight"], block[f"{name}.bias"])


def _attention(y, block, n_head):
    return multi_head_attention(
        y,
        block["attn.c_attn.weight"],
        block["attn.c_attn.bias"],
        block["attn.c_proj.weight"],
        block["attn.c_proj.bias"],
        n_head,
    )


def block_mlp(y, block):
    return mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


def no_residual(x, block, n_head):
    """What attention and the MLP return replaces x; it must be added to x. Try a block whose
    parameters are all zero: x should come through.
    """
    return block_mlp(
        block_norm(_attention(block_norm(x, block, "ln_1"), block, n_head), block, "ln_2"), block
    )


def one_residual(x, block, n_head):
    """The MLP's result replaces the stream; add it, just as you add attention's."""
    x = x + _attention(block_norm(x, block, "ln_1"), block, n_head)
    return block_mlp(block_norm(x, block, "ln_2"), block)


def post_norm(x, block, n_head):
    """You normalise after adding, as the first transformer did (post-LN). GPT-2 normalises what
    goes into a side path and leaves the stream itself alone.
    """
    x = block_norm(x + _attention(x, block, n_head), block, "ln_1")
    return block_norm(x + block_mlp(x, block), block, "ln_2")


def residual_of_the_normed(x, block, n_head):
    """You add to the normalised vector. LayerNorm stands on the side path only: keep x as it is,
    and add to x.
    """
    y = block_norm(x, block, "ln_1")
    x = y + _attention(y, block, n_head)
    y = block_norm(x, block, "ln_2")
    return y + block_mlp(y, block)


def first_norm_twice(x, block, n_head):
    """Both side paths use ln_1; the MLP's has its own, ln_2."""
    x = x + _attention(block_norm(x, block, "ln_1"), block, n_head)
    return x + block_mlp(block_norm(x, block, "ln_1"), block)


def no_norms(x, block, n_head):
    """The LayerNorms are missing: each side path begins with one."""
    x = x + _attention(x, block, n_head)
    return x + block_mlp(x, block)


def norm_not_used(x, block, n_head):
    """Your attention reads x itself; it should read the normalised y."""
    x = x + _attention(x, block, n_head)
    return x + block_mlp(block_norm(x, block, "ln_2"), block)


def stream_taken_up_late(x, block, n_head):
    """Only the MLP's result is added to the stream. What attention found has to be added to x as
    well, before ln_2 reads it.
    """
    y = block_norm(x, block, "ln_1")
    return x + block_mlp(block_norm(y + _attention(y, block, n_head), block, "ln_2"), block)


def old_y(x, block, n_head):
    """Your ln_2 reads the old y. It reads x, with attention's result already added."""
    y = block_norm(x, block, "ln_1")
    x = x + _attention(y, block, n_head)
    return x + block_mlp(block_norm(y, block, "ln_2"), block)


def side_by_side(x, block, n_head):
    """Your MLP reads the stream as it was before attention. It comes second: let it read x with
    attention's result already added.
    """
    return (
        x
        + _attention(block_norm(x, block, "ln_1"), block, n_head)
        + block_mlp(block_norm(x, block, "ln_2"), block)
    )


def second_added_to_the_start(x, block, n_head):
    """The second addition goes to the old x, so that what attention found is lost. Add the MLP's
    result to the x that has attention's result in it.
    """
    y = x + _attention(block_norm(x, block, "ln_1"), block, n_head)
    return x + block_mlp(block_norm(y, block, "ln_2"), block)


def attention_only(x, block, n_head):
    """The MLP is missing, or its result is not added to x."""
    return x + _attention(block_norm(x, block, "ln_1"), block, n_head)


def mlp_only(x, block, n_head):
    """Attention is missing, or its result is not added to x."""
    return x + block_mlp(block_norm(x, block, "ln_2"), block)


def mlp_first(x, block, n_head):
    """The MLP comes before attention. Attention comes first, with ln_1."""
    x = x + block_mlp(block_norm(x, block, "ln_1"), block)
    return x + _attention(block_norm(x, block, "ln_2"), block, n_head)


def norms_exchanged(x, block, n_head):
    """The LayerNorms have changed places: ln_1 belongs to attention, ln_2 to the MLP."""
    x = x + _attention(block_norm(x, block, "ln_2"), block, n_head)
    return x + block_mlp(block_norm(x, block, "ln_1"), block)


def no_second_norm(x, block, n_head):
    """Your MLP reads x itself; it should read the normalised y, with ln_2."""
    x = x + _attention(block_norm(x, block, "ln_1"), block, n_head)
    return x + block_mlp(x, block)


def norm_at_the_end(x, block, n_head):
    """One LayerNorm too many, at the end. The stream leaves a block as it is; `ln_f` comes once,
    after the last block.
    """
    return block_norm(decoder_block(x, block, n_head), block, "ln_2")


def results_normalised(x, block, n_head):
    """You normalise what comes out of a side path. It is what goes in that is normalised."""
    x = x + block_norm(_attention(x, block, n_head), block, "ln_1")
    return x + block_norm(block_mlp(x, block), block, "ln_2")


def buffer_of_float32(x, block, n_head):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return decoder_block(x, block, n_head).float()


EXERCISE = Exercise(
    decoder_block,
    block_cases,
    mistakes=(
        no_residual,
        one_residual,
        post_norm,
        residual_of_the_normed,
        first_norm_twice,
        no_norms,
        norm_not_used,
        stream_taken_up_late,
        old_y,
        side_by_side,
        second_added_to_the_start,
        attention_only,
        mlp_only,
        mlp_first,
        norms_exchanged,
        no_second_norm,
        norm_at_the_end,
        results_normalised,
        buffer_of_float32,
    ),
    hints=(
        "Twice the same pattern: normalise x into y, send y through something, add the "
        "result to x.",
        '`y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])`, then `x = x + '
        "multi_head_attention(y, ...)`.",
        "The second half is the same with `ln_2` and `mlp`.",
    ),
    points=3,
    minutes=17,
    difficulty="medium",
    rtol=1e-4,
    atol=1e-5,
    post="You've Made it!",
)
