"""What a run measured, judged and told: exchange metrics, windows, guardrails, and the report with its renderings.

No socket, file, thread or wall clock: samples, times and streams come in as arguments.
"""
