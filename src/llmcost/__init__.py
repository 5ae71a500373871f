"""What an LLM architecture costs, what it is worth, and which move to make next."""

__version__ = "0.1.0"
