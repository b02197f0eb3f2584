EXERCISES = (
    "embed",
    "one_hot_embed",
    "cosine_neighbours",
    "add_positions",
    "sinusoidal_positions",
    "predict_embedding_millions",
    "predict_largest_share",
)
