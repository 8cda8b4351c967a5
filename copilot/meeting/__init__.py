"""Before and after the meeting: questions, the brief, the decision, the ledger of trade-offs."""
