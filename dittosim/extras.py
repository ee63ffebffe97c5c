"""The one way to get PyTorch and what else only training and capture need."""

INSTALL_EXTRAS = (
    "install it in the clone with make extras, or in an environment of your own with "
    "pip install -e '.[train,capture]'"
)
