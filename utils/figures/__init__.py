"""Static figures, computed from tensors: `style` is the one look, and each lesson has a module."""
