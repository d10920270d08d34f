"""The precision that moves run in."""

import pytest
import torch

from musegan.train.precision import in_bfloat16

PROCESSORS = {
    "Zen 3": ({"avx2": True, "avx512_f": False, "avx512_bf16": False, "amx_bf16": False}, False),
    "Skylake": ({"avx2": True, "avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),
    "Zen 4": ({"avx2": True, "avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, True),
    "Neoverse V1": ({"neon": True, "bf16": True}, True),
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_processor_moves_in_bfloat16_where_it_has_instructions_for_it(monkeypatch, name):
    capabilities, has_them = PROCESSORS[name]
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert in_bfloat16(True, torch.device("cpu")) == has_them
    assert not in_bfloat16(False, torch.device("cpu"))


def test_an_earlier_torch_is_asked_whether_its_convolutions_take_it(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    takes_it = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert in_bfloat16(True, torch.device("cpu")) == takes_it


@pytest.mark.parametrize("has_them", [True, False])
def test_a_gpu_moves_in_bfloat16_where_it_does_not_emulate_it(monkeypatch, has_them):
    def supported(including_emulation=True):
        return has_them or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert in_bfloat16(True, torch.device("cuda")) == has_them
