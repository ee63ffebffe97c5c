"""The output stage: requantization of a product's sums on their way from the array to memory."""
