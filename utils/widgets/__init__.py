"""Explorers: things that move. Each shows a static figure where no kernel runs."""
