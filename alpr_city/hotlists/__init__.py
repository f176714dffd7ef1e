"""Lists of wanted plates: import, history, age."""
