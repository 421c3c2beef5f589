"""What a resilience drill measures, how it is judged, and the documents that tell it."""
