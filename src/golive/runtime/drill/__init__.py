"""The resilience drill: simulated venues and a live desk are started, broken, and watched while they heal."""
