"""The graph of a session: built from what kernels and engines say, compared, told in words, written out.

Pure: values in, values out. Nothing here opens a socket, reads a clock or knows how the values were obtained. Holds
what is wired (kernel) and what is named (engine); routes, neighbours and rules are read on demand (`facts`).
"""
