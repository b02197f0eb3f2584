import sys

from utils.build import main

sys.exit(main())
