"""A plan from CT to report: time, memory and agreement, beside the engine's own voxels."""
