"""`python -m bilan`."""

import sys

from bilan.commandes import principal

if __name__ == "__main__":
    sys.exit(principal())
