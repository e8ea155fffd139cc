"""Programs of a few bytes that make one system call: what no tool at hand would do for an attacker.

Each exits with the call's error number, 0 when it succeeded. x86-64 machines only.
Sources: System V ABI AMD64 (elf64), i386 supplement (elf32), syscall(2).
"""

from __future__ import annotations

import struct

X32 = 0x4000_0000
"""Added to a call's number, asks for the x32 entry of the kernel."""


def call_64(number: int, *arguments: int) -> bytes:
    """Return a static 64-bit executable that makes the call with up to six integers."""
    loads = (
        b"\x48\xbf",
        b"\x48\xbe",
        b"\x48\xba",
        b"\x49\xba",
        b"\x49\xb8",
        b"\x49\xb9",
    )  # mov rdi, rsi, rdx, r10, r8, r9
    code = b"".join(load + struct.pack("<q", value) for load, value in zip(loads, arguments, strict=False))
    code += b"\xb8" + struct.pack("<I", number) + b"\x0f\x05"  # mov eax, number; syscall
    code += b"\x89\xc7\xf7\xdf"  # edi = -eax
    code += b"\x85\xff\x79\x02\x31\xff"  # a result that is no error: exit 0
    code += b"\xb8\x3c\x00\x00\x00\x0f\x05"  # exit
    base = 0x400000
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    size = 120 + len(code)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000) + code


def call_32(number: int, *arguments: int) -> bytes:
    """Return a static 32-bit executable that makes the call by int 0x80 with up to three integers."""
    loads = (b"\xbb", b"\xb9", b"\xba")  # mov ebx, ecx, edx
    code = b"".join(load + struct.pack("<i", value) for load, value in zip(loads, arguments, strict=False))
    return _executable_32(code, number)


def socketcall_32(family: int) -> bytes:
    """Return a static 32-bit executable that makes a socket by socketcall(2), whose arguments lie in memory."""
    base = 0x400000 + 84
    words = struct.pack("<iii", family, 1, 0)
    jump = b"\xeb" + bytes([len(words)])
    code = jump + words + b"\xbb\x01\x00\x00\x00" + b"\xb9" + struct.pack("<I", base + 2)
    return _executable_32(code, 102)


def _executable_32(code: bytes, number: int) -> bytes:
    code += b"\xb8" + struct.pack("<I", number) + b"\xcd\x80"
    code += b"\x89\xc3\xf7\xdb\x85\xdb\x79\x02\x31\xdb\xb8\x01\x00\x00\x00\xcd\x80"
    base = 0x400000
    header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    size = 84 + len(code)
    return header + struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 5, 0x1000) + code
