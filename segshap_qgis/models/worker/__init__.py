"""Models that run in a process of their own, where torch cannot be loaded into QGIS's.

`remote` is the model and the game that callers see, `client` starts the process and asks it,
`server` answers there, and `frames` is what goes through the two pipes between them: JSON and the
raw bytes of arrays. There is no socket, and nothing is unpickled.
"""
