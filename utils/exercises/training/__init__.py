EXERCISES = (
    "make_batch",
    "predict_first_loss",
    "language_model_loss",
    "evaluate",
    "loss_gradient",
    "clip_gradients",
    "decay_groups",
    "training_step",
    "learning_rate",
)
