EXERCISES = (
    "longest_word",
    "predict_slice",
    "predict_shape",
    "predict_broadcast",
    "predict_product",
    "predict_softmax",
)
