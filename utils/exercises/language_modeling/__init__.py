EXERCISES = (
    "count_bigrams",
    "next_word_probabilities",
    "suggest",
    "sample_next",
    "generate",
    "cross_entropy",
    "perplexity",
    "predict_ladder",
    "predict_gap",
    "count_contexts",
    "back_off",
)
