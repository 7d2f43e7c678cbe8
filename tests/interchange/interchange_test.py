"""Exported weights in the tools they are for: python3 interchange_test.py PROGRAM. Every snippet that an
export prints is run as it stands. Exit code 77: the environment is not there."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import environment

if __name__ == "__main__":
    environment.enter()

import classifier_checks  # noqa: E402
import file_checks  # noqa: E402
import hugging_face_checks  # noqa: E402
import onnx_checks  # noqa: E402
import teacher_checks  # noqa: E402
import timm_checks  # noqa: E402
import torchvision_checks  # noqa: E402
from workshop import Workshop  # noqa: E402

if __name__ == "__main__":
    program = str(Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory(prefix="dbot-interchange-") as folder:
        shop = Workshop(program, Path(folder))
        suite = unittest.TestSuite()
        for checks in (
            file_checks, timm_checks, hugging_face_checks, onnx_checks, classifier_checks,
            torchvision_checks, teacher_checks,
        ):  # fmt: skip
            checks.shop = shop
            suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(checks))
        passed = unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful()
    sys.exit(0 if passed else 1)
