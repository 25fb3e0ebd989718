"""Eigenvalues of a few symmetric matrices by LAPACK (numpy.linalg.eigvalsh, dsyevd), for SymmetricEigenvaluesTests.

Usage: python3 lapack_eigenvalues.py > lapack-eigenvalues.json   (Debian's python3-numpy)
The matrices are of formulas that the test repeats in C#, with operations that IEEE 754 rounds in one way.
"""
import json
import numpy


def matrix(name, size):
    entries = numpy.zeros((size, size))
    for row in range(size):
        for column in range(size):
            if name == "hilbert":
                entries[row, column] = 1 / (row + column + 1)
            elif name == "wilkinson":
                entries[row, column] = abs(row - size // 2) if row == column else float(abs(row - column) == 1)
            elif name == "ones":
                entries[row, column] = 1
            else:  # a multiplicative hash, as spread as random numbers; positive, zero and negative
                low, high = min(row, column), max(row, column)
                entries[row, column] = ((low * 7919 + high * 104729) * 1103515245 % 2001 - 1000) / 1000
    return entries


cases = [("hilbert", 12), ("wilkinson", 21), ("ones", 40), ("hashes", 100), ("hashes", 500)]
print(json.dumps({f"{name} {size}": list(numpy.linalg.eigvalsh(matrix(name, size))) for name, size in cases}))
