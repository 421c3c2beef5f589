"""TA-Lib's indicators in numpy and pandas: its names, defaults, warm-ups and seeds, for strategies written for it."""
