"""Programs for the machine: what they hold, what they cost, and images drawn with them.

Of whole denoising steps, or of products alone.
"""
