"""The dialogs: each asks for one thing and answers with a value, or with None when left."""
