"""Exercises of lesson 09: what a head looks at, the logit lens, ablation; then a masked model, one sequence for any task, music."""

import torch

from utils.exercises import Case, Exercise, Mistake

# ---------------------------------------------------------------- references: inside

# ---------------------------------------------------------------- references: beyond

# ---------------------------------------------------------------- cases: inside

# ---------------------------------------------------------------- cases: beyond

# ---------------------------------------------------------------- mistakes people make: inside

# ---------------------------------------------------------------- mistakes people make: beyond

# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    # inside: attention_from_head, logit_lens, ablate_head
    # beyond: masked_language_model_view, as_one_sequence, music_to_events
]
