"""What int8 and pruning cost in images: a classifier's features, Frechet distance, accuracy.

The reference's numbers come with it.
"""
