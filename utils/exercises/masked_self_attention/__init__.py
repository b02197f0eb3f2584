EXERCISES = (
    "attention_scores",
    "softmax",
    "weighted_sum",
    "scale",
    "causal_mask",
    "predict_leak",
    "masked_attention",
    "hidden_divisor",
    "project_qkv",
    "split_heads",
    "merge_heads",
    "multi_head_attention",
)
