"""The compiled price-time book: the rules of `golive.matching.book` over one array of integers."""
