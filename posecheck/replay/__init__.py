"""A recorded session again: shown, judged anew, compared."""
