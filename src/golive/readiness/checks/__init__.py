"""One small pure function per check of `live_readiness_checklist`: what was gathered in, one finding out."""
