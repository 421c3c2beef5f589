"""The bundle of certificates of this installation: made, renewed, withdrawn and examined, each on the record."""
