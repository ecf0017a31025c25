# The runner of examples can fail, and finds what it should run.
import pathlib
import tempfile
import unittest

import run_examples as examples

HERE = pathlib.Path("/bin/sh")  # stands for the program: only its folder is used


class RunExamples(unittest.TestCase):
    def wrong(self, script):
        with tempfile.TemporaryDirectory() as folder:
            return examples.run(script, folder, HERE)

    def test_ExitCodes(self):
        self.assertIsNone(self.wrong("true"))
        self.assertIsNotNone(self.wrong("false\ntrue"))
        self.assertIsNotNone(self.wrong("false | cat"))
        self.assertIsNotNone(self.wrong("true\ntrue | false | cat\ntrue"))
        self.assertIsNone(self.wrong("yes | head -1 | grep y\ntrue"))
        self.assertIsNone(self.wrong("if false; then true; fi; false || true"))
        self.assertIsNotNone(self.wrong("no_such_command"))
        self.assertIsNone(self.wrong("sh -c 'exit 3'  # exit 3\ntrue"))
        self.assertIsNotNone(self.wrong("sh -c 'exit 2'  # exit 3\ntrue"))
        self.assertIsNotNone(self.wrong("true  # exit 1"))

    def test_Blocks(self):
        text = "Text\n```sh\na\nb\n```\n```text\nc\n```\n```sh\nd\n```\n"
        self.assertEqual(list(examples.blocks_of(text)), [(2, "a\nb\n"), (9, "d\n")])
        self.assertTrue(examples.is_for_elsewhere("# first\n./dev demo\n"))
        self.assertFalse(examples.is_for_elsewhere("halfulp formats  # not ./dev\n"))

    def test_Commands(self):
        text = "Usage: halfulp x\nExamples:\n  halfulp a b   what it does\n  echo 1 | halfulp c\n  Explanation\n"
        self.assertEqual(list(examples.commands_of(text)), ["halfulp a b", "echo 1 | halfulp c"])


if __name__ == "__main__":
    unittest.main()
