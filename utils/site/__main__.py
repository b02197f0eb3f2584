import sys

from utils.site import main

sys.exit(main())
