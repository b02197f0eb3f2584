EXERCISES = (
    "layer_norm",
    "gelu",
    "mlp",
    "predict_zero_block",
    "decoder_block",
    "gpt2_forward",
    "count_parameters",
    "missing_parameters",
    "predict_memory",
    "encoder_block",
)
