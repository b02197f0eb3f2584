"""`python -m utils.progress export | import | certificate | verify`."""

import sys

from utils.progress.portfolio import main

sys.exit(main())
