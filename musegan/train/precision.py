"""The precision that moves run in."""

import torch

INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")  # of processors, for bfloat16


def in_bfloat16(wanted: bool, device: torch.device) -> bool:
    """Whether moves run in bfloat16: where it is wanted, and the device has instructions for it.

    Elsewhere torch convolves it in loops of its own: on a processor with AVX2 a round of `r3gan`
    then takes seven times as long as in float32.
    """
    if device.type == "cpu":
        return wanted and _processor_has_them()
    if device.type == "cuda":
        return wanted and torch.cuda.is_bf16_supported(including_emulation=False)
    return wanted


def _processor_has_them() -> bool:
    if not hasattr(torch.cpu, "get_capabilities"):  # an earlier torch: whether oneDNN takes it
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in INSTRUCTIONS)
