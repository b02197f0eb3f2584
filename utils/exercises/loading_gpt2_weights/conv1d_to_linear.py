"""Turn GPT-2's matrices into what torch.nn.Linear holds."""

from utils.exercises import Case, Exercise
from utils.exercises.loading_gpt2_weights.shared import TINY, normal
from utils.parts import random_params


def conv1d_to_linear(params):
    linear = {}
    for name, p in params.items():
        stays = p.dim() == 1 or name in ("wte.weight", "wpe.weight")
        linear[name] = p if stays else p.T  # [in, out] -> [out, in]
    return linear


def cases(rng):
    yield Case(
        "a matrix and its bias",
        ({"h.0.mlp.c_fc.weight": normal(rng, 2, 8), "h.0.mlp.c_fc.bias": normal(rng, 8)},),
    )
    yield Case(
        "a square matrix",
        ({"h.0.attn.c_proj.weight": normal(rng, 3, 3), "h.0.attn.c_proj.bias": normal(rng, 3)},),
    )
    yield Case(
        "the embeddings", ({"wte.weight": normal(rng, 5, 2), "wpe.weight": normal(rng, 3, 2)},)
    )
    yield Case("a matrix of one column", ({"h.1.mlp.c_proj.weight": normal(rng, 4, 1)},))
    yield Case("LayerNorms alone", ({"ln_f.weight": normal(rng, 4), "ln_f.bias": normal(rng, 4)},))
    yield Case("a whole small model", (random_params(TINY, int(rng.integers(1 << 30))),))


def all_turned(params):
    """The embeddings wte and wpe are tables, not layers: a row for each token or position. They
    stay as they are.
    """
    return {name: p.T if p.dim() == 2 else p for name, p in params.items()}


def not_the_square(params):
    """`attn.c_proj` is square, so no error says that it must be transposed. It must, as all layers
    must.
    """
    return {
        name: p if p.dim() == 2 and p.shape[0] == p.shape[1] else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def poured(params):
    """The shape is right, the numbers are not: `reshape` reads them in the same order into another
    shape, `.T` swaps rows and columns.
    """
    return {
        name: p.reshape(new.shape)
        for (name, p), new in zip(params.items(), conv1d_to_linear(params).values())
    }


def as_they_are(params):
    """Nothing is transposed: [in, out] must become [out, in]."""
    return dict(params)


def not_c_proj(params):
    """`c_proj` is a layer as well, both of attention and of the MLP."""
    return {
        name: p if "c_proj" in name else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def only_matrices(params):
    """Biases and LayerNorms belong in the result, too, unchanged."""
    return {name: p for name, p in conv1d_to_linear(params).items() if p.dim() == 2}


def only_layers(params):
    """Embeddings and LayerNorms belong in the result, too, unchanged."""
    return {name: p for name, p in conv1d_to_linear(params).items() if ".c_" in name}


def not_c_fc(params):
    """`c_fc` is a layer as well, the first of the MLP."""
    return {
        name: p if "c_fc" in name else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def not_c_attn(params):
    """`c_attn` is a layer as well."""
    return {
        name: p if "c_attn" in name else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def not_the_mlp(params):
    """Only attention's matrices are transposed. The MLP's `c_fc` and `c_proj` are layers as
    well.
    """
    return {
        name: p if ".mlp." in name else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


EXERCISE = Exercise(
    conv1d_to_linear,
    cases,
    mistakes=(
        all_turned,
        not_the_square,
        poured,
        as_they_are,
        not_c_proj,
        only_matrices,
        only_layers,
        not_c_fc,
        not_c_attn,
        not_the_mlp,
    ),
    hints=(
        "Which tensors have two axes? Which two of them are not layers?",
        "`p.T` for a matrix of a layer, `p` for everything else.",
    ),
    points=2,
    minutes=7,
    post="You've Made it!",
    core=False,
)
