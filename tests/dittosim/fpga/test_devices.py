import pytest

from dittosim.fpga.devices import DEVICES, check_fit, device_of
from golden.errors import DittosimError


def test_devices_by_name_and_package() -> None:
    assert device_of("85k", "CABGA381").name == "LFE5U-85F"
    for device in DEVICES.values():
        assert [device_of(device.option, package) for package in device.packages]
    with pytest.raises(DittosimError, match="no device '12k': choose one of 25k, 45k, 85k"):
        device_of("12k", "CABGA381")
    with pytest.raises(DittosimError, match="no LFE5U-85F in package 'CABGA256': choose one of C"):
        device_of("85k", "CABGA256")


def test_what_does_not_fit_is_told_with_what_there_is() -> None:
    device = DEVICES["25k"]
    full = dict(device.holds)
    check_fit("ditto_pe", full, device)
    for name, holds in device.holds.items():
        with pytest.raises(DittosimError, match=f"LFE5U-25F: it needs {holds + 1:,} ") as caught:
            check_fit("ditto_pe", {**full, name: holds + 1}, device)
        assert str(caught.value).count(" of ") == 1
    with pytest.raises(DittosimError, match="57 block RAMs of 56, 29 multipliers of 28"):
        check_fit("ditto_pe", {"DP16KD": 57, "MULT18X18D": 29}, device)
