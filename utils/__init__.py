"""GPT-2 by Hand: the code behind the lessons. One module per idea; see README.md for the map."""
