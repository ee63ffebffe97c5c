"""placeholder"""
def tile_area(config): return 1.0
