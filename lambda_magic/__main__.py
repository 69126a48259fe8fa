"""`python -m lambda_magic` is the `lambda-magic` command."""

import sys

from lambda_magic.cli import main

if __name__ == "__main__":
    sys.exit(main())
