"""The risk snapshot of an environment: what a risk officer wants to know of its markets and limits before live."""
