"""What an interval would be drawn again from: its words, which reports carry."""

from typing import Literal

Population = Literal["another dictionary like this one", "other text", "both", "other rows of this SAE"]

DICTIONARY: Population = "another dictionary like this one"
TEXT: Population = "other text"
BOTH: Population = "both"
ROWS: Population = "other rows of this SAE"
