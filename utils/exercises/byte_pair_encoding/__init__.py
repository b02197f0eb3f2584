EXERCISES = (
    "to_bytes",
    "from_bytes",
    "merge",
    "train_bpe",
    "encode",
    "decode",
    "split_words",
    "train_on_words",
    "encode_text",
    "predict_the",
)
