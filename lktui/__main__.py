"""`python -m lktui` is the same as `lktui`."""

import sys

from lktui.cli import main

sys.exit(main())
