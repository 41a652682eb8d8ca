"""Photon transport: compiled kernels that know arrays and numbers, no object, no unit, no file.

Lengths are in mm in the frame of the grid, energies in keV; what the tables hold is said in
`state.py`.
"""
