"""`python -m carimg`."""

import sys

from carimg.cli import main

if __name__ == "__main__":
    sys.exit(main())
