EXERCISES = (
    "attention_from_head",
    "logit_lens",
    "predict_depths",
    "ablate_head",
    "predict_it_without",
    "predict_without_mask",
    "masked_language_model_view",
    "as_one_sequence",
    "predict_events",
    "music_to_events",
)
