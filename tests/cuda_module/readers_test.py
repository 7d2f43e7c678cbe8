#!/usr/bin/env python3
"""What scripts/kernel_resources.py reads out of the words of NVIDIA's tools."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import kernel_resources  # noqa: E402

PTXAS = """
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_ZN4dbot3ops4cuda5adamwEPfi' for 'sm_80'
ptxas info    : Function properties for _ZN4dbot3ops4cuda5adamwEPfi
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 43 registers, used 1 barriers, 2048 bytes smem, 424 bytes cmem[0]
ptxas info    : Compiling entry function '_ZN4dbot3ops4cuda5adamwEPfi' for 'sm_90a'
ptxas info    : Function properties for _ZN4dbot3ops4cuda5adamwEPfi
    16 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads
ptxas info    : Used 255 registers, used 0 barriers, 424 bytes cmem[0]
ptxas info    : Function properties for __internal_accurate_pow
    8 bytes stack frame, 0 bytes spill stores, 4 bytes spill loads
"""

CUOBJDUMP = """
Fatbin elf code:
================
arch = sm_90a
code version = [1,8]

Resource usage:
 Common:
  GLOBAL:0
 Function _ZN4dbot3ops4cuda5adamwEPfi:
  REG:40 STACK:8 SHARED:2048 LOCAL:0 CONSTANT[0]:400 TEXTURE:0 SURFACE:0 SAMPLER:0
"""

ANONYMOUS = "_ZN4dbot3ops47_GLOBAL__N__6952fd9b_14_cuda_module_cu_62cb453a7squaresEPK6float4lPd"


class Readers(unittest.TestCase):
    def test_ptxas_has_a_row_for_each_architecture(self):
        old, new = kernel_resources.read(PTXAS)
        self.assertEqual((old.architecture, old.registers, old.shared), ("sm_80", 43, 2048))
        self.assertEqual((old.stack, old.spills), (0, 0))
        self.assertEqual((new.architecture, new.registers, new.shared), ("sm_90a", 255, 0))

    def test_spills_of_functions_that_are_not_inlined_count(self):
        _, new = kernel_resources.read(PTXAS)
        self.assertEqual((new.stack, new.spills), (24, 36))

    def test_cuobjdump_is_read_too(self):
        (kernel,) = kernel_resources.read(CUOBJDUMP)
        self.assertEqual((kernel.architecture, kernel.registers), ("sm_90a", 40))
        self.assertEqual((kernel.shared, kernel.stack, kernel.spills), (2048, 8, 0))

    def test_other_text_holds_no_kernel(self):
        self.assertEqual(kernel_resources.read("nothing of it\n"), [])

    def test_names_are_short(self):
        self.assertEqual(
            kernel_resources.readable(["_ZN4dbot3ops4cuda5adamwEPfi", ANONYMOUS]),
            ["adamw", "squares"],
        )


if __name__ == "__main__":
    unittest.main()
