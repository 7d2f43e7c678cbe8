"""What the checks of all tools share."""

import unittest

LIMIT = 1e-4  # of float32 features of order one


class ToolTest(unittest.TestCase):
    def assert_close(self, found, expected, limit=LIMIT):
        self.assertEqual(tuple(found.shape), tuple(expected.shape))
        self.assertLess(float(abs(found - expected).max()), limit)

    def assert_equal_tensors(self, found, expected):
        self.assertEqual(sorted(found), sorted(expected))
        for name, tensor in expected.items():
            self.assertEqual(found[name].dtype, tensor.dtype, name)
            self.assertTrue(found[name].equal(tensor), name)

    def assert_features(self, tokens, expected):
        """Tokens [batch, 1 + patches, width] against cls and mean."""
        self.assert_close(tokens[:, 0], expected[0])
        self.assert_close(tokens[:, 1:].mean(1), expected[1])
