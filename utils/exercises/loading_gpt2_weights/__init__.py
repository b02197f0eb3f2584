EXERCISES = (
    "predict_fits",
    "read_header",
    "weight_names",
    "drop_mask_buffers",
    "load_gpt2",
    "verify",
    "perplexity_of_text",
    "conv1d_to_linear",
    "split_c_attn",
)
