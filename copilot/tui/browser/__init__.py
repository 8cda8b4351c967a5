"""The same screens in a web browser: a page, a websocket, a process for each visitor."""
