"""Figures of lesson 09."""

import numpy as np

from utils.figures import style
from utils.figures.style import Picture, ROLE

# ---------------------------------------------------------------- inside

# ---------------------------------------------------------------- beyond
