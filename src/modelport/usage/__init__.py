"""Generations: what was asked, by whom, who answered, what it took and what it cost."""
